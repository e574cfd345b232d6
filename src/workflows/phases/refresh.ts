import { addressesOf } from '../../domain/plan/addresses.ts';
import { run } from '../proxies.ts';
import type { Upgrade } from '../upgrade.ts';

/**
 * `finish` rewrites rows without telling running nodes: each node of Y goes out of the balancer, is reloaded, tested and put
 * back, one after the other.
 */
export async function refreshY(u: Upgrade): Promise<void> {
  const { plan, acts, ref, journal } = u;
  const { y, database, traffic, stage } = plan;
  for (const node of y.nodes) {
    const one = addressesOf({ ...y, nodes: [node] });
    const change = { traffic, upgrade: ref, node: node.name };
    journal.say(`reloading ${node.name}`);
    await run(acts.traffic.setNodeOut, `${node.name} out`, { ...change, out: true, epoch: u.nextEpoch() });
    await run(acts.nodesOfY.reloadNode, `reload ${node.name}`, {
      side: 'y' as const,
      cluster: y,
      database,
      node: node.name,
    });
    await run(acts.stage.runTests, `test ${node.name}`, { side: 'y' as const, cluster: one, tests: stage.tests });
    await run(acts.traffic.setNodeOut, `${node.name} in`, { ...change, out: false, epoch: u.nextEpoch() });
  }
}
