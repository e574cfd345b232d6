import type { MigrationState } from '../migrations.ts';

/** What a command printed. Structural: the result of a real command fits. */
export interface CommandText {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

interface Subsystem {
  readonly subsystem: string;
  readonly migrations: readonly string[];
}

/**
 * The state in the output of `kong migrations status` (3.0 and later); `undefined` when there is none. Warnings may stand before
 * the JSON, and text about the prefix directory after it.
 */
export function parseStatus(stdout: string): MigrationState | undefined {
  const line = stdout.split('\n').findLast((one) => one.startsWith('{'));
  if (line === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  const status = json as Record<string, unknown>;
  // A Lua table without entries is printed as an object.
  const names = (key: string): string[] =>
    Array.isArray(status[key])
      ? (status[key] as Subsystem[]).flatMap(({ subsystem, migrations }) => migrations.map((m) => `${subsystem}/${m}`))
      : [];
  return toState({
    bootstrapped: status['needs_bootstrap'] !== true,
    executed: names('executed_migrations'),
    pending: names('pending_migrations'),
    new: names('new_migrations'),
  });
}

const SECTIONS: Record<string, 'executed' | 'pending' | 'new'> = {
  'Executed migrations:': 'executed',
  'Pending migrations:': 'pending',
  'New migrations available:': 'new',
};

/** The state in the output of `kong migrations list`, which 2.8 has too; `undefined` when the command failed. */
export function parseList({ exitCode, stdout }: CommandText): MigrationState | undefined {
  if (exitCode === undefined || !(exitCode in STATES_OF_EXIT_CODE)) return undefined;
  const found = { executed: [] as string[], pending: [] as string[], new: [] as string[] };
  let section: string[] | undefined;
  for (const line of stdout.split('\n')) {
    if (/^\S.*:$/.test(line.trimEnd())) {
      // Sections that are not known ("Missing migrations:") are left out with their lines.
      const key = SECTIONS[line.trim()];
      section = key === undefined ? undefined : found[key];
    }
    const [, subsystem, names] = /^\s*([\w-]+): (\w+(?:, \w+)*)$/.exec(line) ?? [];
    if (subsystem !== undefined) section?.push(...(names ?? '').split(', ').map((name) => `${subsystem}/${name}`));
  }
  return toState({ bootstrapped: exitCode !== 3, ...found });
}

const STATES_OF_EXIT_CODE: Record<number, readonly MigrationState['state'][]> = {
  0: ['clean'],
  3: ['needs-bootstrap'],
  4: ['pending', 'pending-and-new'],
  5: ['new'],
};

/** Whether the exit code of `list` says the same as a state. */
export const listAgrees = (exitCode: number | undefined, { state }: MigrationState): boolean =>
  STATES_OF_EXIT_CODE[exitCode ?? -1]?.includes(state) ?? false;

function toState(found: {
  bootstrapped: boolean;
  executed: readonly string[];
  pending: readonly string[];
  new: readonly string[];
}): MigrationState {
  const { bootstrapped, ...lists } = found;
  if (!bootstrapped) return { state: 'needs-bootstrap', ...lists };
  const [pending, fresh] = [lists.pending.length > 0, lists.new.length > 0];
  return { state: pending ? (fresh ? 'pending-and-new' : 'pending') : fresh ? 'new' : 'clean', ...lists };
}

/** `core/021_340_to_350` of a line such as "core migrated up to: 021_340_to_350 (executed)". */
export function migrationOfLine(line: string): string | undefined {
  const [, subsystem, name] = /([\w-]+) migrated up to: (\w+) \((?:executed|pending)\)/.exec(line) ?? [];
  return subsystem === undefined ? undefined : `${subsystem}/${name}`;
}
