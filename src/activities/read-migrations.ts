import type { ClusterRunner } from '../adapters/cluster/port.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import { failureOf, listAgrees, parseList, parseStatus, type CommandText } from '../domain/migrations/index.ts';
import type { MigrationState } from '../domain/migrations.ts';
import { parseVersion } from '../domain/version.ts';

const TIMEOUT = 60_000;

/**
 * The state of the migrations as one `kong` sees it, with the plugins that it is told of: by `status` (since 3.0), which must agree
 * with `list`. Error `MigrationsUnreadable`, or what PostgreSQL said.
 */
export async function readState(
  runner: ClusterRunner,
  version: string,
  env: Readonly<Record<string, string>> = {},
): Promise<MigrationState> {
  const kong = (command: string) => runner.kong(['migrations', command], { env, timeoutMs: TIMEOUT });
  const hasStatus = (parseVersion(version)?.major ?? 0) >= 3;
  const [list, status] = await Promise.all([kong('list'), hasStatus ? kong('status') : undefined]);

  const listed = parseList(list);
  if (listed === undefined) throw unreadable('list', list);
  if (status === undefined) return listed;
  const state = status.exitCode === 0 ? parseStatus(status.stdout) : undefined;
  if (state === undefined) throw unreadable('status', status);
  if (listAgrees(list.exitCode, state)) return state;
  const message = `kong migrations status says "${state.state}", and list ends with exit code ${list.exitCode}: somebody is migrating just now.`;
  throw new CrossfadeError('MigrationsUnreadable', message);
}

function unreadable(command: string, outcome: CommandText): CrossfadeError {
  if (outcome.exitCode === 0)
    return new CrossfadeError('MigrationsUnreadable', `kong migrations ${command} ended well and printed no state.`);
  const { code, message } = failureOf(`kong migrations ${command}`, outcome, 'MigrationsUnreadable');
  return new CrossfadeError(code, message);
}
