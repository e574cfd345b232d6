import type { Side } from './cluster.ts';
import type { Plan } from './schema.ts';

/** PostgreSQL cuts longer names off. */
const LONGEST_NAME = 63;

type Needed = Pick<Plan, 'x' | 'y' | 'database' | 'sessions'>;

/** The role by which Y's nodes log on: one of their own, or why not. */
export type RoleOfY = { readonly own: true; readonly role: string } | { readonly own: false; readonly why: string };

/**
 * Roles belong to the whole server, and two databases on it may have a Kong of the same user and version each: so the name has Kong's
 * role, Y's version and the database in it, `kong_3_7_1_payments`.
 */
export function roleOfY({ y, database, sessions }: Needed): RoleOfY {
  const no = (why: string): RoleOfY => ({ own: false, why });
  if (!sessions.ownRoleForY) return no('the plan turns it off (`sessions.ownRoleForY`)');
  if (database.admin === undefined) return no('the plan has no `database.admin` that could make one');
  if (y.runs.on !== 'local')
    return no('the nodes of Y are started by commands of the user, which know the database by themselves');
  if (setsLogin(y))
    return no('the plan says by which role the nodes of Y log on (`KONG_PG_USER` or `KONG_PG_PASSWORD`)');
  const role = `${database.user}_${y.version.replace(/[^0-9a-z]+/gi, '_')}_${database.name}`;
  if (new TextEncoder().encode(role).length > LONGEST_NAME) return no(`the name ${role} is too long for PostgreSQL`);
  return { own: true, role };
}

/** Y as its nodes are run: with the role of their own, where they have one. Everything else is as in the plan. */
export function nodesOfY(plan: Needed): Side {
  const { y } = plan;
  const role = roleOfY(plan);
  if (!role.own) return y;
  return { ...y, runs: { ...y.runs, env: { ...y.runs.env, KONG_PG_USER: role.role } } };
}

/** By which roles the nodes of both sides log on, as far as the plan says; what nodes themselves say is better. */
export function plannedRoles(plan: Needed): { readonly x: readonly string[]; readonly y: readonly string[] } {
  const { user } = plan.database;
  return { x: loginsOf(plan.x, user), y: loginsOf(nodesOfY(plan), user) };
}

function loginsOf({ runs, nodes }: Side, otherwise: string): string[] {
  const logins = nodes.map(({ env }) => env['KONG_PG_USER'] ?? runs.env['KONG_PG_USER'] ?? otherwise);
  return [...new Set(logins.filter((login) => typeof login === 'string'))];
}

const setsLogin = ({ runs, nodes }: Side): boolean =>
  [runs.env, ...nodes.map(({ env }) => env)].some(
    (env) => env['KONG_PG_USER'] !== undefined || env['KONG_PG_PASSWORD'] !== undefined,
  );
