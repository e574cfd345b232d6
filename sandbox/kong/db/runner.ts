import { setTimeout as sleep } from 'node:timers/promises';
import { readFaults, type MigrationFaults } from '../faults.ts';
import { migration } from '../schema/migrations.ts';
import type { KongVersion, Subsystem } from '../schema/versions.ts';
import { DatabaseError, type Connection } from './connection.ts';

export type Step = 'bootstrap' | 'up' | 'force' | 'finish';

/** One run of migrations: which release's, with what to say, and with faults that a test asked for. */
export interface Run {
  readonly db: Connection;
  readonly version: KongVersion;
  readonly database: string;
  readonly step: Step;
  readonly say: (line: string) => void;
  readonly faults: MigrationFaults;
}

async function executed(db: Connection, subsystem: string, name: string): Promise<void> {
  await db.query(
    `INSERT INTO schema_meta (key, subsystem, last_executed, executed) VALUES ('schema_meta', $1, $2, ARRAY[$2])
       ON CONFLICT (key, subsystem) DO UPDATE SET last_executed = EXCLUDED.last_executed,
         executed = array_append(coalesce(schema_meta.executed, ARRAY[]::text[]), $2::text),
         pending = array_remove(schema_meta.pending, $2::text)`,
    [subsystem, name],
  );
}

async function pending(db: Connection, subsystem: string, name: string): Promise<void> {
  await db.query(
    `INSERT INTO schema_meta (key, subsystem, pending) VALUES ('schema_meta', $1, ARRAY[$2])
       ON CONFLICT (key, subsystem) DO UPDATE SET
         pending = array_append(coalesce(schema_meta.pending, ARRAY[]::text[]), $2::text)`,
    [subsystem, name],
  );
}

async function attempt(run: Run, name: string, part: 'up' | 'teardown', sql: string): Promise<void> {
  try {
    if (run.faults.sleepMs !== undefined) await sleep(run.faults.sleepMs);
    while (readFaults().migrations?.waitBefore === name) await sleep(50);
    if (run.faults.fail === name) throw new DatabaseError('ERROR: made to fail');
    const table = run.faults.locks?.[name];
    const lock = table === undefined ? '' : `LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE;\n`;
    if (lock + sql !== '') await run.db.query(`BEGIN;\n${lock}${sql}\nCOMMIT;`);
  } catch (error) {
    await run.db.query('ROLLBACK').catch(() => undefined);
    throw new DatabaseError(`failed to run migration '${name}' ${part}: ${(error as Error).message}`);
  }
}

/** Runs one migration's part of this step and records it; true if it is executed now, false if it is pending. */
async function runOne(run: Run, subsystem: string, name: string): Promise<boolean> {
  const work = migration(run.version, subsystem, name);
  if (run.step !== 'finish') {
    await attempt(run, name, 'up', work.up);
    if (work.teardown !== undefined) await pending(run.db, subsystem, name);
    if (work.teardown !== undefined && run.step === 'up') return false;
  }
  if (work.teardown !== undefined) await attempt(run, name, 'teardown', work.teardown);
  await executed(run.db, subsystem, name);
  return true;
}

/** Runs the migrations and says what Kong says. Throws {@link DatabaseError}; what was done before stays done. */
export async function runMigrations(run: Run, todo: readonly Subsystem[]): Promise<void> {
  const done = { executed: 0, pending: 0 };
  if (run.faults.hang === run.step) await sleep(2 ** 31 - 1);
  for (const subsystem of todo) {
    run.say(`migrating ${subsystem.name} on database '${run.database}'...`);
    for (const name of subsystem.migrations) {
      const finished = await runOne(run, subsystem.name, name);
      done[finished ? 'executed' : 'pending'] += 1;
      run.say(`${subsystem.name} migrated up to: ${name} (${finished ? 'executed' : 'pending'})`);
    }
  }
  const processed = done.executed + done.pending;
  run.say(`${processed} migration${processed === 1 ? '' : 's'} processed`);
  if (done.executed > 0) run.say(`${done.executed} executed`);
  if (done.pending > 0) run.say(`${done.pending} pending`);
}
