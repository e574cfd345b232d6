import { addressesOf } from '../../domain/plan/addresses.ts';
import type { KongNode } from '../../domain/plan/index.ts';
import { nodesOfY } from '../../domain/plan/roles.ts';
import { noteCut, noteLeft } from '../cut.ts';
import { failedWith } from '../interruption.ts';
import { run } from '../proxies.ts';
import { balancersOn, setNodeOut, takesNodesOut } from '../traffic.ts';
import type { Upgrade } from '../upgrade.ts';

const START_WITHIN_MS = 120_000;

/**
 * `finish` rewrites rows without telling running nodes: each node of Y goes out of the balancer, is reloaded (the first one restarted,
 * if the plan wants it), tested and put back, one after the other. It ends at the first that fails, which stays out, and a `retry`
 * begins again with that one.
 */
export async function refreshY(u: Upgrade): Promise<void> {
  const { plan, acts, journal, known } = u;
  const { y, stage } = plan;
  for (const [index, node] of y.nodes.entries()) {
    if (known.refreshed.includes(node.name)) continue;
    const one = addressesOf({ ...y, nodes: [node] });
    // With nothing to serve in its place, or still in a balancer, a restart would be an outage.
    const mayRestart = y.nodes.length > 1 && u.balancers.every(takesNodesOut);
    const restarts = plan.migrations.restartY && index === 0 && mayRestart;
    journal.say(`${restarts ? 'restarting' : 'reloading'} ${node.name}`);
    try {
      await setNodeOut(u, node.name, true);
      await (restarts ? restart(u, node) : reload(u, node));
      await run(acts.stage.runTests, `test ${node.name}`, { side: 'y' as const, cluster: one, tests: stage.tests });
      await setNodeOut(u, node.name, false);
    } catch (error) {
      throw failedWith(whatNow(u, node), error);
    }
    known.refreshed.push(node.name);
  }
}

async function reload(u: Upgrade, { name }: KongNode): Promise<void> {
  const { database, traffic } = u.plan;
  // A node that a balancer can't take out gets new requests all the time: there is no end to wait for.
  const isOut = u.balancers.every(takesNodesOut);
  const input = { side: 'y' as const, cluster: nodesOfY(u.plan), database, node: name };
  const drain = isOut ? traffic.drain : 0;
  const { running } = await run(u.acts.nodesOfY.reloadNode, `reload ${name}`, { ...input, drain });
  if (isOut) noteLeft(u, name, running);
}

async function restart(u: Upgrade, node: KongNode): Promise<void> {
  const { database, traffic } = u.plan;
  const { cut } = await run(u.acts.nodesOfY.restartNode, `restart ${node.name}`, {
    side: 'y' as const,
    cluster: { ...nodesOfY(u.plan), nodes: [node] },
    database,
    node: node.name,
    drain: traffic.drain,
    balancers: balancersOn(u, u.plan.y.runs.host),
    within: START_WITHIN_MS,
  });
  noteCut(u, node.name, cut);
}

function whatNow({ plan, known }: Upgrade, { name }: KongNode): string {
  const waiting = plan.y.nodes.map((one) => one.name).filter((one) => one !== name && !known.refreshed.includes(one));
  const serve =
    waiting.length === 0
      ? 'the others have taken what `finish` wrote and serve'
      : `${waiting.join(', ')} still serve${waiting.length === 1 ? 's' : ''} from memory: reload or restart nothing by hand`;
  return `${name} does not work with what \`finish\` wrote and is left out of the balancer; ${serve}. Mend it, then \`retry\` begins with ${name}`;
}
