import type { MigrationState } from '../migrations.ts';

/** What Kong's own table `schema_meta` holds, whoever asks: also migrations of plugins that a binary does not know. */
export interface SchemaMeta {
  /** The schema that the table is in. */
  readonly schema: string;
  /** `<subsystem>/<migration>` */
  readonly executed: readonly string[];
  readonly pending: readonly string[];
}

/** The state as each witness tells it. */
export interface Witnesses {
  readonly list: { readonly exitCode: number | undefined; readonly state: MigrationState };
  /** Since Kong 3.0. */
  readonly status?: MigrationState | undefined;
  /** `none`: the database has no such table. Absent: it was not asked. */
  readonly meta?: SchemaMeta | 'none' | undefined;
}

type Kind = 'executed' | 'pending' | 'new';

/**
 * Where `list`, `status` and `schema_meta` do not say the same, as sentences; empty when they agree. Names in `schema_meta` that the
 * binary says nothing about are migrations of plugins or versions that it does not know, and no contradiction.
 */
export function contradictions({ list, status, meta }: Witnesses): string[] {
  const found: string[] = [];
  // Of an empty database, status names everything as new, and list nothing.
  if (status !== undefined && status.state !== 'needs-bootstrap')
    for (const kind of ['executed', 'pending', 'new'] as const)
      for (const name of differing(list.state[kind], status[kind]))
        found.push(`${name}: list says ${whatIs(list.state, name)}, status says ${whatIs(status, name)}`);
  const state = status ?? list.state;
  if (meta === undefined) return found;
  if (state.state === 'needs-bootstrap')
    return meta === 'none' ? found : [...found, `Kong's command needs bootstrapping, ${inTable(meta)}`];
  if (meta === 'none')
    return [...found, `Kong's command says "${state.state}", and the database of the plan has no table schema_meta`];
  for (const kind of ['executed', 'pending', 'new'] as const)
    for (const name of state[kind]) {
      const recorded = recordedAs(meta, name);
      if (recorded !== kind) found.push(`${name}: Kong's command says ${kind}, schema_meta says ${recorded}`);
    }
  return [...new Set(found)];
}

/** Those of a command's migrations that the table does not show as the command claims. */
export function notRecorded(command: 'up' | 'finish', migrations: readonly string[], meta: SchemaMeta): string[] {
  return migrations.filter((name) =>
    command === 'up' ? recordedAs(meta, name) === 'new' : meta.pending.includes(name) || !meta.executed.includes(name),
  );
}

/** How many of a command's migrations are behind it, and which one it is at. */
export function progressOf(
  command: 'up' | 'finish',
  migrations: readonly string[],
  meta: SchemaMeta,
): { done: number; at: string | undefined } {
  const left = notRecorded(command, migrations, meta);
  return { done: migrations.length - left.length, at: left[0] };
}

/** In Kong's own order. */
function recordedAs(meta: SchemaMeta, name: string): Kind {
  if (meta.executed.includes(name)) return 'executed';
  return meta.pending.includes(name) ? 'pending' : 'new';
}

const differing = (a: readonly string[], b: readonly string[]): string[] => [
  ...a.filter((one) => !b.includes(one)),
  ...b.filter((one) => !a.includes(one)),
];

const whatIs = (state: MigrationState, name: string): string =>
  (['executed', 'pending', 'new'] as const).find((kind) => state[kind].includes(name)) ?? 'nothing of it';

const inTable = ({ schema, executed, pending }: SchemaMeta): string =>
  `and table schema_meta of schema "${schema}" names ${executed.length + pending.length} migrations: compare KONG_PG_SCHEMA`;
