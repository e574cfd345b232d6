import type { Finding } from '../findings.ts';
import type { DatabaseRef } from '../plan/index.ts';
import { pass, refuse, warn } from './finding.ts';
import type { NodeFacts } from './nodes.ts';

/** X's nodes use PostgreSQL, and the database of the plan. */
export function sameDatabase(nodes: readonly NodeFacts[], database: DatabaseRef): Finding {
  const rule = 'same-database';
  const refusals: string[] = [];
  const doubts: string[] = [];
  for (const { name, root } of nodes) {
    if (root === undefined) continue;
    const { database: kind, pg_database: its, pg_host: host, pg_port: port } = root.configuration;
    if (kind !== 'postgres') refusals.push(`${name} runs with database = ${String(kind)}`);
    else if (its !== database.name) refusals.push(`${name} uses database ${String(its)}, not ${database.name}`);
    else if (host !== database.host || Number(port) !== database.port)
      doubts.push(`${name} uses ${String(host)}:${String(port)}`);
  }
  if (refusals.length > 0)
    return refuse(rule, `${refusals.join('; ')}.`, 'X and Y must share one PostgreSQL database: correct the plan.');
  if (doubts.length === 0) return pass(rule, `X uses database ${database.name} at ${database.host}:${database.port}.`);
  return warn(
    rule,
    `${doubts.join('; ')}; the plan says ${database.host}:${database.port}.`,
    'Make sure that both lead to the same server: names may differ between networks, databases may not.',
  );
}

/** How many connections there are, and who has them. */
export interface ConnectionFacts {
  readonly max: number;
  /** Kept for superusers and the like. */
  readonly reserved: number;
  readonly used: number;
  /** Of Kong's role in Kong's database. */
  readonly kong: number;
}

/** Crossfade's own, with a migration and a dump. */
const OWN = 10;
const LEAST_PER_NODE = 3;
/** Four nodes of one worker each were seen to use up a hundred connections under load. */
const COMFORTABLE_PER_NODE = 25;

/** The database answers. X keeps its connections while Y opens as many: both must fit, with Crossfade's own. */
export function connections(facts: ConnectionFacts, nodes: { x: number; y: number }): Finding {
  const rule = 'database';
  const free = facts.max - facts.reserved - facts.used;
  const perNode = Math.max(LEAST_PER_NODE, Math.ceil(facts.kong / nodes.x));
  const needed = perNode * nodes.y + OWN;
  const figures = `${free} of ${facts.max} are free; Y and Crossfade are expected to need ${needed}`;
  if (free < needed)
    // The figures change from one look to the next; what a person accepts by its message must not.
    return refuse(
      rule,
      `Too few database connections are free for Y and Crossfade beside X (max_connections is ${facts.max}).`,
      `Raise max_connections, or end sessions that nobody needs: ${figures}.`,
    );
  const each = Math.floor((facts.max - facts.reserved) / (nodes.x + nodes.y));
  if (each < COMFORTABLE_PER_NODE)
    return warn(
      rule,
      `Database connections may get scarce under load: ${each} for each node of X and Y.`,
      `Think of raising max_connections before the upgrade: ${figures}.`,
    );
  return pass(rule, `Enough database connections: ${figures}.`);
}
