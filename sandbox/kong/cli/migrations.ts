import { DatabaseError, type Connection } from '../db/connection.ts';
import { underClusterLock } from '../db/lock.ts';
import { runMigrations, type Step } from '../db/runner.ts';
import { readFaults } from '../faults.ts';
import { setupTables } from '../schema/migrations.ts';
import type { Subsystem } from '../schema/versions.ts';
import { KongError, setting } from '../settings.ts';
import { numeric } from './args.ts';
import { connect, readState, type Command } from './command.ts';
import { reset } from './reset.ts';
import { list, status } from './report.ts';
import { ABORTED, MIGRATION_TRACEBACK, NEEDS_BOOTSTRAP, NEW_AVAILABLE, PENDING } from './texts.ts';

const CALLBACK = 'cluster_mutex callback threw an error: /usr/local/share/lua/5.1/kong/cmd/utils/migrations.lua:104';

/** Does something under the cluster lock, or says that another node holds it. */
async function locked(command: Command, db: Connection, wait: boolean, work: () => Promise<void>): Promise<void> {
  const ttl = numeric(command.args, 'lock-timeout') ?? 60;
  if (!(await underClusterLock(db, { ttl, wait, reconnect: () => connect(command) }, work))) command.out.info(ABORTED);
}

async function run(command: Command, db: Connection, step: Step, todo: readonly Subsystem[]): Promise<void> {
  const database = setting(command.settings, 'pg_database');
  const say = (line: string): void => command.out.info(line);
  const faults = readFaults().migrations ?? {};
  try {
    await runMigrations({ db, version: command.version, database, step, say, faults }, todo);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    throw new DatabaseError(`${CALLBACK}: [PostgreSQL error] ${error.message}\n${MIGRATION_TRACEBACK}`);
  }
}

async function bootstrap(command: Command, db: Connection): Promise<void> {
  const state = await readState(command, db);
  if (!state.needsBootstrap) {
    command.out.info('Database already bootstrapped');
    return;
  }
  command.out.info('Bootstrapping database...');
  try {
    await db.query(setupTables());
  } catch (error) {
    throw new KongError(`[PostgreSQL error] ${(error as Error).message}`);
  }
  await locked(command, db, false, async () => {
    await run(command, db, 'bootstrap', (await readState(command, db)).fresh);
    command.out.info('Database is up-to-date');
  });
}

/** `kong migrations up`; also what `kong start --run-migrations` does first. Throws {@link KongError}. */
export async function up(command: Command, db: Connection): Promise<void> {
  const force = command.args.flags.has('force');
  const before = await readState(command, db);
  if (before.needsBootstrap) throw new KongError(`Cannot run migrations: ${NEEDS_BOOTSTRAP}`);
  if (before.pending.length > 0 && !force) throw new KongError(PENDING);
  await locked(command, db, true, async () => {
    const state = await readState(command, db);
    const todo = force ? state.executed : state.fresh;
    if (todo.length === 0) {
      command.out.info('Database is already up-to-date');
      return;
    }
    await run(command, db, force ? 'force' : 'up', todo);
    if ((await readState(command, db)).pending.length > 0) command.out.info(`\n${PENDING} when ready`);
  });
}

async function finish(command: Command, db: Connection): Promise<void> {
  const before = await readState(command, db);
  if (before.needsBootstrap) throw new KongError(`Cannot run migrations: ${NEEDS_BOOTSTRAP}`);
  await locked(command, db, false, async () => {
    const { pending, fresh } = await readState(command, db);
    if (pending.length > 0) await run(command, db, 'finish', pending);
    command.out.info(fresh.length > 0 ? `\n${NEW_AVAILABLE}` : 'No pending migrations to finish');
  });
}

/** `kong migrations SUBCOMMAND`; the exit code. Throws {@link KongError}. */
export async function migrations(command: Command): Promise<number> {
  const db = await connect(command);
  switch (command.args.operands[0]) {
    case 'bootstrap':
      if (command.args.flags.has('force')) await reset(command, db);
      await bootstrap(command, db);
      return 0;
    case 'up':
      await up(command, db);
      return 0;
    case 'finish':
      await finish(command, db);
      return 0;
    case 'list':
      return list(command, await readState(command, db));
    case 'status':
      return status(command, await readState(command, db));
    default:
      await reset(command, db);
      return 0;
  }
}
