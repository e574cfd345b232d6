import type { ResolveHosts } from '../adapters/network/resolve.ts';
import type { ReadSessions } from '../adapters/postgres/sessions.ts';
import type { Plan } from '../domain/plan/index.ts';
import { plannedRoles } from '../domain/plan/roles.ts';
import { rolesInUse } from '../domain/rules/clients.ts';
import type { NodeFacts } from '../domain/rules/index.ts';
import { seenBy, strangersAmong } from '../domain/sessions.ts';

export interface StrangerDeps {
  readonly sessions: ReadSessions;
  readonly resolveHosts: ResolveHosts;
}

/** Sessions that look like Kong's, from addresses of no node of the plan, as `role@address`. X need not answer, nor Y run. */
export async function findStrangers(
  { sessions: read, resolveHosts }: StrangerDeps,
  plan: Plan,
  ofX: readonly NodeFacts[],
): Promise<string[]> {
  const [{ sessions, ours }, addresses] = await Promise.all([
    read(plan.database),
    resolveHosts([...plan.x.nodes, ...plan.y.nodes]),
  ]);
  const planned = plannedRoles(plan);
  const roots = ofX.flatMap(({ root }) => (root === undefined ? [] : [root]));
  const roles = [...rolesInUse(roots, planned.x), ...planned.x, ...planned.y, plan.database.user];
  const known = { roles, addresses: [...seenBy(addresses, ours), ours], others: plan.sessions.otherClients };
  return strangersAmong(sessions, known);
}
