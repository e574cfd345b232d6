import { existsSync } from 'node:fs';
import { endRecorded } from '../processes.ts';
import { endNodes } from './kong.ts';
import { endLeftovers, leftovers } from './leftovers.ts';

/** Ends everything that runs out of the demo's folder, however it came to be there; what still runs after that is returned. */
export async function stopEverything(dir: string): Promise<{ ended: number; left: readonly string[] }> {
  if (!existsSync(dir)) return { ended: 0, left: [] };
  // The servers first, among them the worker and the load: nothing is started any more then.
  const recorded = await endRecorded(dir);
  const nodes = await endNodes(dir);
  const others = await endLeftovers(dir);
  return { ended: recorded.length + nodes.length + others.length, left: leftovers(dir).map(({ what }) => what) };
}
