import type { Finding } from '../../domain/findings.ts';
import { addressesOf } from '../../domain/plan/addresses.ts';
import { plannedRoles } from '../../domain/plan/roles.ts';
import { UNKNOWN_NODES } from '../../domain/rules/clients.ts';
import { run } from '../proxies.ts';
import type { Upgrade } from '../upgrade.ts';

/** X's and Y's sessions can't be told apart: that X has none is taken from its stopped nodes, and a person must accept that. */
export const X_SESSIONS_UNTOLD = 'x-sessions-untold';

/**
 * Finds out how X's sessions are known, while X still has some, and whether a node is connected that the plan does not know. What
 * stays open is shown, and must be accepted by name.
 *
 * @returns the names of what is open
 */
export async function tellSessions(u: Upgrade): Promise<string[]> {
  const { plan, acts, known, journal } = u;
  const facts = await run(acts.roles.tellSessions, 'whose sessions are in the database?', {
    x: addressesOf(plan.x),
    y: addressesOf(plan.y),
    planned: plannedRoles(plan),
    others: plan.sessions.otherClients,
    database: plan.database,
  });
  known.sessions = facts;
  const { told, strangers } = facts;
  const found: Finding[] = [];
  const details = new Map<string, readonly string[]>([[UNKNOWN_NODES, strangers]]);
  if (told.by === 'nothing') {
    details.set(X_SESSIONS_UNTOLD, [told.why]);
    found.push({
      rule: X_SESSIONS_UNTOLD,
      level: 'refuse',
      message: `The sessions of X can't be told from those of Y: ${told.why}. That X has none left can only be taken from its nodes, each of which is proved stopped.`,
      hint: 'Make sure that no other node of X runs anywhere, then accept it; or give Y a role of its own (`database.admin`, or KONG_PG_USER).',
    });
  }
  if (strangers.length > 0) found.push(unknownNodes(strangers));
  journal.status.findings = [
    ...journal.status.findings.filter(({ rule }) => rule !== X_SESSIONS_UNTOLD && rule !== UNKNOWN_NODES),
    ...found,
  ];
  for (const rule of [X_SESSIONS_UNTOLD, UNKNOWN_NODES]) u.control.openFindings.delete(rule);
  return found.map(({ rule }) => rule).filter((rule) => !isLetGo(u, rule, details.get(rule) ?? []));
}

/** Sessions of nodes that the plan does not know; accepted as long as no other ones come. */
export function unknownNodes(strangers: readonly string[]): Finding {
  return {
    rule: UNKNOWN_NODES,
    level: 'refuse',
    message: `Sessions that look like Kong's are in the database, from no node of the plan: ${strangers.join(', ')}.`,
    hint: 'A node of X there would break when `finish` has run: stop it. Where it is known and harmless, accept it.',
  };
}

/** Whether somebody has accepted all of this; what is not accepted can be from now on. */
export function isLetGo({ control }: Upgrade, rule: string, details: readonly string[]): boolean {
  const accepted = control.letGo.get(rule)?.split(SEPARATOR) ?? [];
  if (details.every((detail) => accepted.includes(detail))) return true;
  control.openFindings.set(rule, details.join(SEPARATOR));
  return false;
}

const SEPARATOR = '\n';
