import { sleep } from '@temporalio/workflow';
import { formatDuration } from '../../domain/duration.ts';
import { passGate } from '../gate.ts';
import { describeFailure, Interruption } from '../interruption.ts';
import { run } from '../proxies.ts';
import { setTesters } from '../traffic.ts';
import { letXIn } from '../undo-acts.ts';
import type { Upgrade } from '../upgrade.ts';

/** Removes X after its keep time. It is stopped and fenced since `finish`; where its role was locked out, it is let in again at the end. */
export async function decommission(u: Upgrade): Promise<string> {
  const { plan, acts, journal, ref } = u;
  const { x, database, keep, gates } = plan;
  if (keep > 0) {
    journal.enter('waiting', `X is kept, stopped, for ${formatDuration(keep)}`);
    await sleep(keep, { summary: 'X is kept, stopped' });
    journal.enter('running', 'decommission');
  }
  const kept = gates.decommission === false ? undefined : await askPeople(u, gates.decommission);
  if (kept === undefined)
    await run(acts.nodesOfX.removeNodes, 'remove X', { side: 'x' as const, cluster: x, database });
  // Y has everything: testers need no way of their own any more.
  await setTesters(u, false).catch((error: unknown) =>
    journal.note('note', `the way of testers stays open: ${describeFailure(error).message}`),
  );
  if (plan.sessions.lockOutX) await letXIn(u)();
  await run(acts.finish.closeSeal, 'close the seal', { database, upgrade: ref });
  return kept ?? `X removed (${x.nodes.map(({ name }) => name).join(', ')})`;
}

/** Why X is kept, or nothing when it may go. Here a no is an answer, not a failure. */
async function askPeople(u: Upgrade, policy: Parameters<typeof passGate>[2]): Promise<string | undefined> {
  try {
    await passGate(u, 'decommission', policy);
    return undefined;
  } catch (error) {
    if (error instanceof Interruption && (error.kind === 'rejected' || error.kind === 'expired'))
      return `X is kept, stopped: ${error.message}`;
    throw error;
  }
}
