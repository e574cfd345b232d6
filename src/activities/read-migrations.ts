import type { ClusterRunner } from '../adapters/cluster/port.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import {
  contradictions,
  failureOf,
  listAgrees,
  parseList,
  parseStatus,
  type CommandText,
  type SchemaMeta,
} from '../domain/migrations/index.ts';
import type { MigrationState } from '../domain/migrations.ts';
import { parseVersion } from '../domain/version.ts';

const TIMEOUT = 60_000;
const NAMED = 5;

type Env = Readonly<Record<string, string>>;

/**
 * The state of the migrations as one `kong` sees it, with the plugins that it is told of: by `status` (since 3.0), which must agree
 * with `list`. Error `MigrationsUnreadable`, or what PostgreSQL said.
 */
export async function readState(runner: ClusterRunner, version: string, env: Env = {}): Promise<MigrationState> {
  const { list, listed, status } = await readCommands(runner, version, env);
  refuseContradictions(contradictions({ list: { exitCode: list.exitCode, state: listed }, status }), listed);
  return status ?? listed;
}

/** What `readState` gives, and what Kong's own table says: the two must agree. `NeedsBootstrap` when Kong looks at another schema. */
export async function readWitnessed(
  runner: ClusterRunner,
  version: string,
  readMeta: () => Promise<SchemaMeta | undefined>,
  env: Env = {},
): Promise<{ state: MigrationState; meta: SchemaMeta | undefined }> {
  const [{ list, listed, status }, meta] = await Promise.all([readCommands(runner, version, env), readMeta()]);
  const state = status ?? listed;
  const witnesses = { list: { exitCode: list.exitCode, state: listed }, status, meta: meta ?? ('none' as const) };
  refuseContradictions(contradictions(witnesses), state);
  return { state, meta };
}

async function readCommands(runner: ClusterRunner, version: string, env: Env) {
  const kong = (command: string) => runner.kong(['migrations', command], { env, timeoutMs: TIMEOUT });
  const hasStatus = (parseVersion(version)?.major ?? 0) >= 3;
  const [list, printed] = await Promise.all([kong('list'), hasStatus ? kong('status') : undefined]);

  const listed = parseList(list);
  if (listed === undefined) throw unreadable('list', list);
  const status = printed?.exitCode === 0 ? parseStatus(printed.stdout) : undefined;
  if (printed !== undefined && status === undefined) throw unreadable('status', printed);
  const state = status ?? listed;
  if (listAgrees(list.exitCode, state)) return { list, listed, status };
  const message = `kong migrations status says "${state.state}", and list ends with exit code ${list.exitCode}: somebody is migrating just now.`;
  throw new CrossfadeError('MigrationsUnreadable', message);
}

function refuseContradictions(found: readonly string[], { state }: MigrationState): void {
  if (found.length === 0) return;
  const more = found.length > NAMED ? `; and ${found.length - NAMED} more` : '';
  const message = `The witnesses of the migrations contradict each other: ${found.slice(0, NAMED).join('; ')}${more}.`;
  throw new CrossfadeError(state === 'needs-bootstrap' ? 'NeedsBootstrap' : 'MigrationsUnreadable', message);
}

function unreadable(command: string, outcome: CommandText): CrossfadeError {
  if (outcome.exitCode === 0)
    return new CrossfadeError('MigrationsUnreadable', `kong migrations ${command} ended well and printed no state.`);
  const { code, message } = failureOf(`kong migrations ${command}`, outcome, 'MigrationsUnreadable');
  return new CrossfadeError(code, message);
}
