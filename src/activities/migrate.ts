import type { ClusterRunner, CreateRunner } from '../adapters/cluster/port.ts';
import type { AdvisoryLock } from '../adapters/postgres/advisory-lock.ts';
import type { KongLock } from '../adapters/postgres/kong-lock.ts';
import type { MigrationCommand, MigrationRecord } from '../adapters/postgres/migration-record.ts';
import type { MigrationAccess } from '../adapters/postgres/migration-access.ts';
import type { Seals } from '../adapters/postgres/seal.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import {
  afterFinish,
  afterUp,
  beforeFinish,
  beforeUp,
  inheritedMigrations,
  migrationOfLine,
  whyNotAgain,
  type CommandText,
} from '../domain/migrations/index.ts';
import type { MigrationState } from '../domain/migrations.ts';
import type { MigrateActivities } from './contract.ts';
import { poll } from './poll.ts';
import { reportProgress } from './progress.ts';
import { readState } from './read-migrations.ts';

export interface MigrateDeps {
  readonly runner: CreateRunner;
  readonly kongLock: KongLock;
  readonly record: MigrationRecord;
  readonly seals: Pick<Seals, 'read'>;
  readonly lock: Pick<AdvisoryLock, 'hold'>;
  readonly access: MigrationAccess;
}

type Input = Parameters<MigrateActivities['migrateUp']>[0];
type Result = Awaited<ReturnType<MigrateActivities['migrateUp']>>;

/** Seconds. Kong never renews its lock: it must outlast the command. */
const LOCK_TIMEOUT = 900;
/** Seconds. A client that gives up does not stop the statement on the server. */
const DB_TIMEOUT = 3_600;
const COMMAND_TIMEOUT = 3_600_000;
const SESSIONS_GONE_WITHIN = 30_000;
/** A command of a worker that died is let to its end: nobody may kill a migration that makes progress. */
const EARLIER_ENDS_WITHIN = 600_000;

export function createMigrateActivities(deps: MigrateDeps): MigrateActivities {
  return {
    readMigrations: ({ cluster, database }) => readState(deps.runner(cluster, database), cluster.version),

    migrateUp: (input) =>
      underLock(deps, input, async (env) => {
        const migration = await open(deps, input, 'up', env);
        const { before, begun } = migration;
        const abandoned = await deps.record.abandoned(input.database, input.upgrade);
        const known = [...(begun ?? []), ...inheritedMigrations(before, abandoned, input.cluster.version)];
        const decision = beforeUp(before, known);
        if (decision.go === 'fail') throw new CrossfadeError(decision.failure.code, decision.failure.message);
        if (decision.go === 'nothing-to-do') return migration.result(before);
        const again = known.length === 0 ? undefined : whyNotAgain(before, input.cluster.version);
        if (again !== undefined)
          throw new CrossfadeError('MigrationNotRepeatable', `An earlier "up" was ended in the middle. ${again}.`);
        return migration.run(before.new, afterUp, decision.plugins);
      }),

    migrateFinish: (input) =>
      underLock(deps, input, async (env) => {
        const seal = await deps.seals.read(input.database, input.upgrade.cluster);
        if (seal?.runId !== input.upgrade.runId) {
          const found =
            seal === undefined ? 'there is none' : `the one that is there is of ${seal.workflowId}, run ${seal.runId}`;
          throw new CrossfadeError('NotSealed', `The database holds no seal of this upgrade: ${found}.`);
        }
        const migration = await open(deps, input, 'finish', env);
        const decision = beforeFinish(migration.before);
        if (decision.go === 'fail') throw new CrossfadeError(decision.failure.code, decision.failure.message);
        if (decision.go === 'nothing-to-do') return migration.result(migration.before);
        return migration.run(migration.before.pending, afterFinish);
      }),
  };
}

type Env = Readonly<Record<string, string>>;

const underLock = <T>({ lock, access }: MigrateDeps, input: Input, use: (env: Env) => Promise<T>): Promise<T> =>
  lock.hold(input.database, input.upgrade.cluster, async () => {
    // While a command of an earlier attempt is at work, its role gets no second password.
    const outcome = await poll(
      () =>
        access.run(input.database, input.upgrade, async ({ env }) => ({ value: await use(env) })).catch(unlessAtWork),
      { within: EARLIER_ENDS_WITHIN, every: 500 },
    );
    if (outcome === undefined) throw stillAtWork('one of an earlier attempt has a session in PostgreSQL');
    return outcome.value;
  });

function unlessAtWork(error: unknown): undefined {
  if (error instanceof CrossfadeError && error.code === 'MigratorStillAtWork') return undefined;
  throw error;
}

type Judge = (after: MigrationState, outcome: CommandText) => ReturnType<typeof afterUp>;

interface Migration {
  readonly before: MigrationState;
  /** What an earlier attempt of this upgrade had before it; `undefined` on the first. */
  readonly begun: readonly string[] | undefined;
  result(after: MigrationState): Result;
  run(todo: readonly string[], judge: Judge, plugins?: readonly string[]): Promise<Result>;
}

/** Reads what is true now, after whatever an earlier attempt left has ended. */
async function open(deps: MigrateDeps, input: Input, command: MigrationCommand, env: Env): Promise<Migration> {
  const { cluster, database, upgrade, from } = input;
  const { record } = deps;
  const versions = { ...(from === undefined ? {} : { from }), to: cluster.version };
  const runner = deps.runner(cluster, database);
  const begun = await record.begun(database, upgrade, command);
  if (begun !== undefined) await settle(deps, input, command, env);
  const before = await readState(runner, cluster.version, env);

  const result = (after: MigrationState, todo = begun ?? []): Result => {
    const left = new Set(command === 'up' ? after.new : after.pending);
    return { before, after, ran: todo.filter((one) => !left.has(one)) };
  };

  return {
    before,
    begun,
    result,
    async run(todo, judge, plugins) {
      await record.begin(database, upgrade, command, todo, versions);
      const only = plugins === undefined ? {} : { KONG_PLUGINS: plugins.join(',') || 'off' };
      const outcome = await runCommand(runner, command, { ...env, ...only }, todo);
      await settle(deps, input, command, env);
      const after = await readState(runner, cluster.version, env);
      const judged = judge(after, outcome);
      if (judged.done) return result(after, begun ?? todo);
      const began = outcome.exitCode === undefined || outcome.stdout.includes('migrating ');
      if (!began && begun === undefined) await record.forget(database, upgrade, command);
      throw new CrossfadeError(judged.failure.code, judged.failure.message);
    },
  };
}

/** Never cancelled and never `--force`: a migration that has begun is let to its end. */
function runCommand(runner: ClusterRunner, command: MigrationCommand, env: Env, todo: readonly string[]) {
  let done = 0;
  const report = (migration?: string) =>
    reportProgress({
      command: `kong migrations ${command}`,
      done,
      of: todo.length,
      ...(migration === undefined ? {} : { migration }),
    });
  report();
  const limits = ['--db-timeout', String(DB_TIMEOUT), '--lock-timeout', String(LOCK_TIMEOUT)];
  return runner.kong(['migrations', command, ...limits], {
    env,
    timeoutMs: COMMAND_TIMEOUT,
    onLine(line) {
      const migration = migrationOfLine(line);
      if (migration === undefined) return;
      done += 1;
      report(migration);
    },
  });
}

/** Waits until nothing of the command is left: the server goes on with a statement after its client was killed. */
async function settle(
  deps: MigrateDeps,
  { database, upgrade }: Input,
  command: MigrationCommand,
  env: Env,
): Promise<void> {
  const role = env['KONG_PG_USER'] ?? database.user;
  if (role === database.user) {
    // The migrator can't be told from the nodes, nor a dead one's lock from a living one's: Kong's own lock must do.
    const free = await poll(async () => !(await deps.kongLock.held(database)) || undefined, {
      within: SESSIONS_GONE_WITHIN,
    });
    if (free === undefined) throw stillAtWork("Kong's lock on migrations is held");
    return;
  }
  const gone = await poll(async () => (await deps.kongLock.sessions(database, role)) === 0 || undefined, {
    within: SESSIONS_GONE_WITHIN,
  });
  if (gone === undefined) throw stillAtWork(`the role ${role} has a session in ${database.name}`);
  await deps.kongLock.clearDead(database, upgrade, command, LOCK_TIMEOUT);
}

const stillAtWork = (what: string): CrossfadeError =>
  new CrossfadeError('MigratorStillAtWork', `A migration command is still at work: ${what}.`);
