import type { Finding } from '../findings.ts';
import { pass, warn } from './finding.ts';

/** The name of the rule in the preflight and of the guardrail before `finish`: what a person accepts. */
export const UNKNOWN_NODES = 'unknown-nodes';

/**
 * By which roles nodes log on, by their own configuration (`pg_user`, and `pg_ro_user` for reads); what is planned where one does not say.
 */
export function rolesInUse(
  nodes: readonly { readonly configuration: Readonly<Record<string, unknown>> }[],
  planned: readonly string[],
): string[] {
  const roles = nodes.flatMap(({ configuration: { pg_user: user, pg_ro_user: reader } }) => {
    const main = typeof user === 'string' && user !== '' ? [user] : planned;
    return typeof reader === 'string' && reader !== '' ? [...main, reader] : main;
  });
  return [...new Set(roles)];
}

/** Whatever looks like a node of Kong is one of the plan. `strangers` as `role@address`. */
export function noUnknownNodes(strangers: readonly string[]): Finding {
  if (strangers.length === 0)
    return pass(UNKNOWN_NODES, 'Every session of Kong in the database is from a node of the plan.');
  return warn(
    UNKNOWN_NODES,
    `In the database are sessions that look like Kong's, from addresses of no node of the plan: ${strangers.join(', ')}.`,
    'A node that the plan does not know would be left behind by `finish`: add it to the plan. Addresses of other clients, and others of the same nodes, go to `sessions.otherClients`; else the upgrade holds before `finish`.',
  );
}
