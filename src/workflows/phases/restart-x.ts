import { addressesOf } from '../../domain/plan/addresses.ts';
import { noteCut } from '../cut.ts';
import { failedWith, Interruption } from '../interruption.ts';
import { run } from '../proxies.ts';
import { putBackX } from '../undo-acts.ts';
import { balancersOn, setNodeOut, takesNodesOut } from '../traffic.ts';
import type { Upgrade } from '../upgrade.ts';

const START_WITHIN_MS = 120_000;

/**
 * A node of X is restarted on the database that `up` has changed: only a start reads everything anew. The rest of X has all the traffic
 * meanwhile, so that all of it must be ready.
 */
export async function restartOneOfX(u: Upgrade): Promise<void> {
  const { plan, acts, journal, undos } = u;
  const { x, database, traffic, stage, migrations } = plan;
  const node = x.nodes.at(-1);
  if (!migrations.restartX || node === undefined || x.nodes.length < 2) return;
  if (!u.balancers.every(takesNodesOut)) {
    journal.note(
      'note',
      `${node.name} was not restarted on the migrated database: it can't be taken out of the balancer`,
    );
    return;
  }

  const { notReady } = await run(acts.cluster.checkNodes, 'can the rest of X carry everything?', {
    cluster: addressesOf(x),
  });
  const missing = Object.entries(notReady).filter(([name]) => name !== node.name);
  if (missing.length > 0) {
    const reasons = missing.map(([name, reason]) => `${name}: ${reason}`).join('; ');
    const message = `${node.name} is not restarted while other nodes of X are not ready (${reasons})`;
    throw new Interruption('failed', message, { code: 'NodesNotReady' });
  }

  undos.register('putBackX', putBackX(u, [node]));
  journal.say(`restarting ${node.name} on the migrated database`);
  try {
    await setNodeOut(u, node.name, true);
    const { cut } = await run(acts.restartOfX.restartNode, `restart ${node.name}`, {
      side: 'x' as const,
      cluster: { ...x, nodes: [node] },
      database,
      node: node.name,
      drain: traffic.drain,
      balancers: balancersOn(u, x.runs.host),
      within: START_WITHIN_MS,
    });
    noteCut(u, node.name, cut);
    const one = addressesOf({ ...x, nodes: [node] });
    await run(acts.stage.runTests, `test ${node.name}`, { side: 'x' as const, cluster: one, tests: stage.tests });
    await setNodeOut(u, node.name, false);
  } catch (error) {
    throw failedWith(
      `${node.name} of X did not come back from its restart after \`up\` and stays out of the balancer`,
      error,
    );
  }
  undos.forget('putBackX');
  journal.note('note', `${node.name} was restarted on the migrated database and passes the tests`);
}
