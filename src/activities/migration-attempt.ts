import { setTimeout as toTheEnd } from 'node:timers/promises';
import { sleep } from '@temporalio/activity';
import type { CreateRunner } from '../adapters/cluster/port.ts';
import type { KongLock } from '../adapters/postgres/kong-lock.ts';
import type { LockHolders } from '../adapters/postgres/lock-holders.ts';
import type { MigrationPass } from '../adapters/postgres/migration-access.ts';
import type { MigrationCommand, MigrationRecord } from '../adapters/postgres/migration-record.ts';
import type { SchemaMetaReader } from '../adapters/postgres/schema-meta.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import {
  hasBegun,
  inDoubt,
  leftToAnother,
  notRecorded,
  type After,
  type Outcome,
  type SchemaMeta,
} from '../domain/migrations/index.ts';
import type { MigrationState } from '../domain/migrations.ts';
import type { MigrateActivities } from './contract.ts';
import { following } from './follow-migration.ts';
import { readWitnessed } from './read-migrations.ts';
import type { Pause } from './poll.ts';
import { LOCK_TIMEOUT, settle } from './settle-migration.ts';
import { stopIfCancelled } from './stop-if-cancelled.ts';
import { waitForLocks } from './wait-for-locks.ts';

export interface AttemptDeps {
  readonly runner: CreateRunner;
  readonly kongLock: KongLock;
  readonly record: MigrationRecord;
  readonly schemaMeta: SchemaMetaReader;
  readonly lockHolders: LockHolders;
}

export type Input = Parameters<MigrateActivities['migrateUp']>[0];
export type Result = Awaited<ReturnType<MigrateActivities['migrateUp']>>;

/** Our hold on the database during an attempt. */
export interface Held {
  readonly pass: MigrationPass;
  /** Aborts when the advisory lock is lost. */
  readonly lost: AbortSignal;
  /** The server's process that holds it. */
  readonly lockHolder: number;
  /** How long transactions of others are waited for, in milliseconds. */
  readonly patience: number;
}

/** Seconds. A client that gives up does not stop the statement on the server. */
const DB_TIMEOUT = 3_600;
const COMMAND_TIMEOUT = 3_600_000;

type Judge = (after: MigrationState, outcome: Outcome) => After;

export interface Attempt {
  readonly before: MigrationState;
  /** What an earlier attempt of this upgrade had before it; `undefined` on the first. */
  readonly begun: readonly string[] | undefined;
  result(after: MigrationState): Result;
  /**
   * Runs the command and reads back what it did. Never `--force`. A cancellation ends the waiting before it; a command that has begun is
   * let to its end, and so is all that proves and settles it.
   */
  run(todo: readonly string[], judge: Judge, plugins?: readonly string[]): Promise<Result>;
}

/** Reads what is true now, after whatever an earlier attempt left has ended. */
export async function open(deps: AttemptDeps, input: Input, command: MigrationCommand, held: Held): Promise<Attempt> {
  const { cluster, database, upgrade, from } = input;
  const { record } = deps;
  const { env } = held.pass;
  const runner = deps.runner(cluster, database);
  const role = env['KONG_PG_USER'] ?? database.user;
  const settled = (pause: Pause) =>
    settle(deps.kongLock, { database, upgrade, command, role, lockHolder: held.lockHolder }, pause);
  const read = () => readWitnessed(runner, cluster.version, () => deps.schemaMeta.read(database), env);

  const begun = await record.begun(database, upgrade, command);
  if (begun !== undefined) await settled(sleep);
  const { state: before } = await read();

  const result = (after: MigrationState, todo = begun ?? []): Result => {
    const left = new Set(command === 'up' ? after.new : after.pending);
    return { before, after, ran: todo.filter((one) => !left.has(one)) };
  };

  async function kong(todo: readonly string[], plugins: readonly string[] | undefined): Promise<Outcome> {
    const only = plugins === undefined ? {} : { KONG_PLUGINS: plugins.join(',') || 'off' };
    const limits = ['--db-timeout', String(DB_TIMEOUT), '--lock-timeout', String(LOCK_TIMEOUT)];
    const options = { env: { ...env, ...only }, timeoutMs: COMMAND_TIMEOUT };
    const { result: outcome, cancelled } = await held.pass.protect(() =>
      following(deps.schemaMeta, { database, command, todo }, (onLine) =>
        runner.kong(['migrations', command, ...limits], { ...options, onLine }),
      ),
    );
    return { ...outcome, cancelledForLock: cancelled > 0 };
  }

  return {
    before,
    begun,
    result,
    async run(todo, judge, plugins) {
      await waitForLocks(deps.lockHolders, database, { command: `kong migrations ${command}`, within: held.patience });
      // From here on the command can't be stopped without harm: the last moment to notice an abort, or that others may be at work.
      await stopIfCancelled();
      if (held.lost.aborted) throw lockLost(command);
      const versions = { ...(from === undefined ? {} : { from }), to: cluster.version };
      await record.begin(database, upgrade, command, todo, versions);
      const outcome = await kong(todo, plugins);
      await settled(toTheEnd);
      await record.ended(database, upgrade, command, inDoubt(outcome, todo));
      const { state: after, meta } = await read();
      const judged = judge(after, outcome);
      if (judged.done) {
        proveRecorded(command, todo, meta);
        // Somebody else's command may have done it meanwhile: the state is the one that was wanted, and none of it is our work.
        return result(after, leftToAnother(outcome) ? begun : (begun ?? todo));
      }
      if (!hasBegun(outcome) && begun === undefined) await record.forget(database, upgrade, command);
      throw new CrossfadeError(judged.failure.code, judged.failure.message);
    },
  };
}

/** `status` and `list` say that nothing is left; the table must say that these ran, too. */
function proveRecorded(command: MigrationCommand, todo: readonly string[], meta: SchemaMeta | undefined): void {
  const missing = meta === undefined ? todo : notRecorded(command, todo, meta);
  if (missing.length === 0) return;
  const message = `kong migrations ${command} left nothing to do, but schema_meta does not show that these ran: ${missing.join(', ')}.`;
  throw new CrossfadeError('MigrationFailed', message);
}

export const lockLost = (command: MigrationCommand): CrossfadeError =>
  new CrossfadeError(
    'MigrationLockLost',
    `The advisory lock was lost, so kong migrations ${command} is not begun beside others.`,
  );
