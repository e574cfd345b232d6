import { log } from '@temporalio/activity';
import type { KongHttp } from '../adapters/kong/port.ts';
import type { ResolveHosts } from '../adapters/network/resolve.ts';
import type { LockOut } from '../adapters/postgres/lock-out.ts';
import type { RoleOfY } from '../adapters/postgres/role-of-y.ts';
import type { ReadSessions } from '../adapters/postgres/sessions.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import type { SideAddresses } from '../domain/plan/index.ts';
import { rolesInUse } from '../domain/rules/clients.ts';
import { seenBy, strangersAmong, tellApart } from '../domain/sessions.ts';
import type { RoleActivities } from './contract.ts';
import { poll } from './poll.ts';

export interface RoleDeps {
  readonly http: Pick<KongHttp, 'root'>;
  readonly resolveHosts: ResolveHosts;
  readonly roleOfY: RoleOfY;
  readonly lockOut: LockOut;
  readonly sessions: ReadSessions;
}

/** Sessions of nodes that were just stopped end meanwhile. */
const GONE_WITHIN = 10_000;

export function createRoleActivities(deps: RoleDeps): RoleActivities {
  const { roleOfY, lockOut } = deps;

  /** What the nodes themselves say; one that does not say it is believed to do what the plan says. */
  async function rolesOf(cluster: SideAddresses, planned: readonly string[]): Promise<string[]> {
    const roots = await Promise.all(cluster.nodes.map((node) => deps.http.root(node, cluster.admin)));
    return rolesInUse(roots, planned);
  }

  return {
    async prepareRoleOfY({ database, role }) {
      const { gone } = await lockOut.lift(database);
      if (gone.length > 0) log.warn('an earlier upgrade locked out roles that are gone', { roles: gone.join(', ') });
      await roleOfY.prepare(database, role);
    },

    async dropRoleOfY({ database, role }) {
      let left: readonly string[] = [];
      const gone = async () => {
        left = await roleOfY.sessions(database, role);
        return left.length === 0 || undefined;
      };
      if ((await poll(gone, { within: GONE_WITHIN })) === undefined)
        throw new CrossfadeError(
          'RoleOfYInUse',
          `The role ${role} still has sessions in PostgreSQL: ${left.join(', ')}.`,
        );
      return roleOfY.drop(database, role);
    },

    async tellSessions({ x, y, planned, others, database }) {
      const [rolesOfX, rolesOfY, ofX, ofY, { sessions, ours }] = await Promise.all([
        rolesOf(x, planned.x),
        rolesOf(y, planned.y),
        deps.resolveHosts(x.nodes),
        deps.resolveHosts(y.nodes),
        deps.sessions(database),
      ]);
      const sides = {
        x: { roles: rolesOfX, addresses: seenBy(ofX, ours) },
        y: { roles: rolesOfY, addresses: seenBy(ofY, ours) },
      };
      const known = {
        roles: [...new Set([...rolesOfX, ...rolesOfY, database.user])],
        addresses: [...new Set([...sides.x.addresses, ...sides.y.addresses, ours])],
        others,
      };
      return { told: tellApart({ ...sides, ours, sessions }), known, strangers: strangersAmong(sessions, known) };
    },

    lockOutX: ({ database, upgrade, roles }) => lockOut.lock(database, upgrade, roles),
    letXIn: ({ database }) => lockOut.lift(database),
  };
}
