import { run } from '../proxies.ts';
import { stopY } from '../undo-acts.ts';
import type { Upgrade } from '../upgrade.ts';
import { plural } from '../../domain/plural.ts';

/** Prepares and checks the nodes of Y. They are not started: Kong refuses to start before `up`. */
export async function deploy(u: Upgrade): Promise<string> {
  const { y, database } = u.plan;
  u.undos.register('stopY', stopY(u));
  const nodes = await run(u.acts.nodesOfY.prepareNodes, 'prepare Y', { side: 'y' as const, cluster: y, database });
  return `${plural(nodes.length, 'node')} prepared`;
}
