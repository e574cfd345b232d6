import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MigrationState } from '../db/state.ts';
import { KongError, setting, writeKongEnv } from '../settings.ts';
import { connect, readState, type Command } from './command.ts';
import { requireRunning, stop } from './direct.ts';
import { up } from './migrations.ts';
import { runningPid, signal } from './process.ts';
import { NEEDS_BOOTSTRAP, NEW_AVAILABLE, table } from './texts.ts';

const MIGRATIONS_LUA = '/usr/local/share/lua/5.1/kong/cmd/utils/migrations.lua';

function checkState({ out }: Command, state: MigrationState): void {
  if (state.needsBootstrap) throw new KongError(`${MIGRATIONS_LUA}:16: ${NEEDS_BOOTSTRAP}`);
  if (state.fresh.length > 0) throw new KongError(`${MIGRATIONS_LUA}:20: ${NEW_AVAILABLE}`);
  if (state.missing.length > 0) out.info(`Database is missing some migrations:\n${table(state.missing)}`);
  if (state.pending.length > 0) out.info(`Database has pending migrations:\n${table(state.pending)}`);
}

async function prepareDatabase(command: Command): Promise<void> {
  const db = await connect(command);
  if (command.args.flags.has('run-migrations')) {
    await up(command, db).catch((error: unknown) => {
      throw error instanceof KongError ? new KongError(`${MIGRATIONS_LUA}:60: ${error.message}`) : error;
    });
  }
  checkState(command, await readState(command, db));
  await db.close();
}

/** Starts the node in a session of its own and waits until it listens. Throws {@link KongError} if it does not. */
async function launch(command: Command): Promise<void> {
  const prefix = setting(command.settings, 'prefix');
  writeKongEnv(command.settings);
  const log = openSync(join(prefix, 'logs', 'error.log'), 'a');
  const main = fileURLToPath(new URL('../node/main.ts', import.meta.url));
  const env = { ...process.env, KONG_PG_PASSWORD: command.settings['pg_password'] ?? '' };
  const child = spawn(process.execPath, [...process.execArgv, main, command.version, prefix], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env,
  });
  const failure = await new Promise<string | undefined>((done) => {
    child.once('message', (message: { failed?: string }) => done(message.failed));
    child.once('exit', (code) =>
      done(`nginx: the node ended with exit code ${code}; see ${join(prefix, 'logs', 'error.log')}`),
    );
  });
  if (failure !== undefined) throw new KongError(`/usr/local/share/lua/5.1/kong/cmd/start.lua:99: ${failure}`);
  child.disconnect();
  child.unref();
}

export async function start(command: Command): Promise<number> {
  const prefix = setting(command.settings, 'prefix');
  if (runningPid(prefix) !== undefined) throw new KongError(`Kong is already running in ${prefix}`);
  await prepareDatabase(command);
  await launch(command);
  command.out.info('Kong started');
  return 0;
}

/** Stops the node, if one runs, before it finds out whether it can be started again. */
export async function restart(command: Command): Promise<number> {
  const prefix = setting(command.settings, 'prefix');
  if (runningPid(prefix) !== undefined) await stop(prefix, command.out);
  return start(command);
}

/** Tells the node to read everything anew. That it did is in its error log only. */
export async function reload(command: Command): Promise<number> {
  const db = await connect(command);
  await db.close();
  const pid = requireRunning(setting(command.settings, 'prefix'));
  writeKongEnv(command.settings);
  signal(pid, 'SIGHUP');
  command.out.info('Kong reloaded');
  return 0;
}
