import { ApplicationFailure } from '@temporalio/workflow';
import type { FreezeState } from '../domain/configuration.ts';
import { addressesOf } from '../domain/plan/addresses.ts';
import type { KongNode } from '../domain/plan/index.ts';
import { nodesOfY } from '../domain/plan/roles.ts';
import { thawedNews } from '../domain/status/render-freeze.ts';
import { noteCut } from './cut.ts';
import { tell } from './notify.ts';
import { run } from './proxies.ts';
import { allToX, balancersOn, forgottenByClients, notLetGo, setNodeOut, setTesters } from './traffic.ts';
import type { Undo } from './undos.ts';
import type { Upgrade } from './upgrade.ts';

const START_WITHIN_MS = 120_000;

/** All traffic to X in one change. It waits only while X has no ready node. */
export const returnTraffic =
  (u: Upgrade): Undo =>
  async () => {
    const { x } = u.plan;
    const { ready, notReady } = await run(u.acts.undo.cluster.checkNodes, 'is X ready to take all traffic?', {
      cluster: addressesOf(x),
    });
    if (ready.length === 0) {
      const why = Object.entries(notReady).map(([name, reason]) => `${name}: ${reason}`);
      throw ApplicationFailure.create({ message: `X has no ready node, Y keeps the traffic (${why.join('; ')})` });
    }
    await allToX(u);
    for (const step of u.journal.status.traffic.steps) step.state = 'pending';
  };

export const startX =
  (u: Upgrade): Undo =>
  async () => {
    const { x, database } = u.plan;
    const start = { side: 'x' as const, cluster: x, database, within: START_WITHIN_MS };
    await run(u.acts.undo.nodesOfX.startNodes, 'start X, ready on every node', start);
  };

export const stopY =
  (u: Upgrade): Undo =>
  async () => {
    const { database, traffic } = u.plan;
    const { weight } = u.journal.status.traffic;
    await setTesters(u, false, u.acts.undo.traffic);
    await forgottenByClients(u);
    const cluster = nodesOfY(u.plan);
    const balancers = notLetGo(u, balancersOn(u, cluster.runs.host));
    const stop = { side: 'y' as const, cluster, database, drain: traffic.drain, balancers, weight };
    const { cut } = await run(u.acts.undo.nodesOfY.stopNodes, 'stop Y', stop);
    noteCut(u, 'Y', cut);
  };

/** Nodes of X that are out of the balancer, for a restart: each gets traffic again once it passes the tests. */
export const putBackX =
  (u: Upgrade, nodes: readonly KongNode[]): Undo =>
  async () => {
    for (const node of nodes) await putBack(u, node);
  };

async function putBack(u: Upgrade, node: KongNode): Promise<void> {
  const { x, database, stage } = u.plan;
  const { undo } = u.acts;
  const one = { ...x, nodes: [node] };
  const start = { side: 'x' as const, cluster: one, database, within: START_WITHIN_MS };
  await run(undo.nodesOfX.startNodes, `start ${node.name}`, start);
  await run(undo.stage.runTests, `test ${node.name}`, {
    side: 'x' as const,
    cluster: addressesOf(one),
    tests: stage.tests,
  });
  await setNodeOut(u, node.name, false, undo.traffic);
}

/** After Y was stopped. What is left of it can't log on and is only told: nothing depends on it. */
export const dropRoleOfY =
  (u: Upgrade, role: string): Undo =>
  async () => {
    const left = await run(u.acts.undo.roles.dropRoleOfY, `drop the role ${role}`, { database: u.plan.database, role });
    if (left !== undefined) u.journal.note('note', left);
  };

export const letXIn =
  (u: Upgrade): Undo =>
  async () => {
    const { roles, gone } = await run(u.acts.undo.roles.letXIn, 'X may log on again', { database: u.plan.database });
    if (roles.length > 0) u.journal.note('note', `may log on again: ${roles.join(', ')}`);
    if (gone.length > 0)
      u.journal.note(
        'note',
        `was locked out and is not there any more: ${gone.join(', ')}; if it was renamed, it still can't log on (ALTER ROLE … LOGIN)`,
      );
  };

/** `found`: the run whose freeze it is, where that is not this one. */
export const thaw =
  (u: Upgrade, found?: string): Undo =>
  async () => {
    const at = { database: u.plan.database, upgrade: u.ref, ...(found === undefined ? {} : { found }) };
    noteLeftover(u, await run(u.acts.undo.freeze.thawConfiguration, 'lift the freeze', at));
    await resumeUpdates(u);
    markThawed(u);
    tellThawed(u);
  };

/** After the seal: the freeze is lifted, unless it was, X's role let in, and the seal closed, so that a later upgrade can begin. */
export const endAsItIs =
  (u: Upgrade): Undo =>
  async () => {
    if (u.journal.status.freeze?.frozen !== false) await thaw(u)();
    if (u.plan.sessions.lockOutX) await letXIn(u)();
    await run(u.acts.undo.finish.closeSeal, 'close the seal', { database: u.plan.database, upgrade: u.ref });
  };

/** The user's own commands that let configuration updates go on. */
export async function resumeUpdates(u: Upgrade): Promise<void> {
  const commands = u.plan.freeze.after;
  if (commands.length === 0) return;
  await run(u.acts.undo.commands.runUserCommands, 'resume updates', {
    commands,
    purpose: 'resume configuration updates',
  });
}

/** Triggers that a long reader keeps from being removed are a loose end and no freeze. */
export function noteLeftover(u: Upgrade, { leftover }: Pick<FreezeState, 'leftover'>): void {
  if (leftover !== undefined) u.journal.note('note', leftover);
}

export function markThawed(u: Upgrade): void {
  const { freeze } = u.journal.status;
  if (freeze === undefined) return;
  freeze.frozen = false;
  freeze.liftedAt = new Date().toISOString();
}

/** Colleagues, who were told when it began. */
export function tellThawed(u: Upgrade): void {
  const { freeze, upgrade } = u.journal.status;
  if (freeze !== undefined) void tell(u, 'alert', thawedNews(freeze, upgrade));
}
