import { fieldsOf, listOf, type Fault } from './fault.ts';
import { plannedRoles, roleOfY } from './roles.ts';
import type { Plan } from './schema.ts';

type Fields = Readonly<Record<string, unknown>>;

/** `sessions.lockOutX` takes the log-on from X's role, so that nothing that goes on may need it. Over the plan as it came. */
export function lockOutFaults(plan: Fields): Fault[] {
  const sessions = fieldsOf(plan['sessions']);
  const database = fieldsOf(plan['database']);
  if (sessions['lockOutX'] !== true) return [];
  const fault = (message: string): Fault[] => [{ path: 'sessions.lockOutX', message }];
  if (database['admin'] === undefined)
    return fault('needs `database.admin`: it locks the role out, and gets Crossfade in meanwhile');

  const ofX = logins(fieldsOf(plan['x'])).map((login) => login ?? database['user']);
  const ours = fieldsOf(database['admin'])['user'];
  if (typeof ours === 'string' && ofX.includes(ours))
    return fault(
      `would lock Crossfade itself out: X's nodes log on as ${ours}, which is \`database.admin\`; give one of them another role`,
    );

  const y = fieldsOf(plan['y']);
  const ofY = logins(y);
  const given = ofY.some((login) => login !== undefined);
  if (!given && sessions['ownRoleForY'] !== false && fieldsOf(y['runs'])['on'] === 'local') return [];
  if (ofY.some((login) => typeof login !== 'string'))
    return fault(
      'needs a role of Y\'s own: let Crossfade make one (`sessions.ownRoleForY`, y on "local"), or name it (`y.runs.env.KONG_PG_USER`)',
    );
  const shared = ofY.find((login) => ofX.includes(login));
  return shared === undefined
    ? []
    : fault(`would lock Y out too: its nodes log on as ${String(shared)}, like those of X`);
}

/** What only a filled-in plan tells: that Y gets no role of its own after all, a name that is too long for instance. */
export function lockOutWithoutRole(plan: Plan): Fault[] {
  const role = roleOfY(plan);
  const { x, y } = plannedRoles(plan);
  if (!plan.sessions.lockOutX || role.own || !y.some((login) => x.includes(login))) return [];
  const message = `would lock Y out too: it gets no role of its own, since ${role.why}; name one (\`y.runs.env.KONG_PG_USER\`)`;
  return [{ path: 'sessions.lockOutX', message }];
}

/** What each node is told to log on as; `undefined` where the plan does not say. */
function logins(side: Fields): unknown[] {
  const all = fieldsOf(fieldsOf(side['runs'])['env'])['KONG_PG_USER'];
  return listOf(side['nodes']).map((node) => fieldsOf(fieldsOf(node)['env'])['KONG_PG_USER'] ?? all);
}
