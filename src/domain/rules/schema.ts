import type { Finding } from '../findings.ts';
import type { DatabaseRef, Side } from '../plan/index.ts';
import { pass, refuse } from './finding.ts';
import type { NodeFacts } from './nodes.ts';

export interface SchemaFacts {
  /** Where Crossfade looks for Kong's tables, and guards them. */
  readonly guarded: string;
  /** Every schema with tables of Kong; when the plan names one, that one. */
  readonly all: readonly string[];
  /** Where a session of the plan's user is when nobody names a schema. */
  readonly byDefault: string | undefined;
}

interface Planned {
  readonly x: Side;
  readonly y: Side;
  readonly database: DatabaseRef;
}

/** The schema that the freeze guards is the one that the nodes write to. */
export function kongSchema(ofX: readonly NodeFacts[], { x, y, database }: Planned, facts: SchemaFacts): Finding {
  const rule = 'kong-schema';
  const { guarded, all } = facts;
  if (all.length > 1)
    return refuse(
      rule,
      `Kong's tables are in more than one schema of database ${database.name}: ${[...all].sort().join(', ')}.`,
      "Write the one of X's nodes (their KONG_PG_SCHEMA) into the plan as `database.schema`.",
    );
  const used = [
    ...ofX.flatMap((node) => usedBy(node, x, facts)),
    ...y.nodes.flatMap(({ name }) => planned(y, name, 'y')),
  ];
  const others = used.filter(({ schema }) => schema !== guarded);
  if (others.length === 0) return pass(rule, `The schema of Kong's tables is ${guarded}, for the nodes as well.`);
  const schemas = new Set(used.map(({ schema }) => schema));
  const [only] = schemas;
  const hint =
    schemas.size === 1
      ? `Write \`schema: ${only}\` into \`database\` of the plan, if that is where Kong's tables are; otherwise KONG_PG_SCHEMA into x.runs.env.`
      : 'All nodes of X and Y must use one schema: correct KONG_PG_SCHEMA of the nodes, then write it into the plan as `database.schema`.';
  const text = others.map(({ name, schema, why }) => `${name} uses schema ${schema} (${why})`).join('; ');
  return refuse(rule, `The freeze would guard schema ${guarded}, and ${text}.`, hint);
}

interface Used {
  readonly name: string;
  readonly schema: string;
  readonly why: string;
}

/** What the node says; else what the plan says of it; else what comes by itself. */
function usedBy({ name, root }: NodeFacts, x: Side, { byDefault = 'none' }: SchemaFacts): Used[] {
  const said = root?.configuration['pg_schema'];
  if (typeof said === 'string' && said !== '') return [{ name, schema: said, why: 'its Admin API says so' }];
  const inPlan = planned(x, name, 'x');
  if (inPlan.length > 0 || root === undefined) return inPlan;
  return [{ name, schema: byDefault, why: 'nothing names another one, and there its role is by itself' }];
}

function planned({ runs, nodes }: Side, name: string, side: 'x' | 'y'): Used[] {
  const schema = nodes.find((node) => node.name === name)?.env['KONG_PG_SCHEMA'] ?? runs.env['KONG_PG_SCHEMA'];
  return typeof schema === 'string' && schema !== ''
    ? [{ name, schema, why: `KONG_PG_SCHEMA in the plan's ${side}` }]
    : [];
}
