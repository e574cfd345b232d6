import { proveNoDrift } from '../drift.ts';
import { run } from '../proxies.ts';
import { markThawed, noteLeftover, resumeUpdates, tellThawed } from '../undo-acts.ts';
import type { Upgrade } from '../upgrade.ts';
import { seal } from './finish.ts';

/** Lets configuration updates go on, and proves that a write works. From here on X is behind. */
export async function thaw(u: Upgrade): Promise<string> {
  const { database } = u.plan;
  const at = { database, upgrade: u.ref };
  if (u.journal.status.seal === undefined) {
    await proveNoDrift(u, 'before the thaw');
    await seal(u);
  }
  noteLeftover(u, await run(u.acts.freeze.thawConfiguration, 'lift the freeze', at));
  await resumeUpdates(u);
  markThawed(u);
  await run(u.acts.freeze.proveWritable, 'a write works', { database });
  tellThawed(u);
  return 'writes work';
}
