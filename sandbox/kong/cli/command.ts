import { Connection } from '../db/connection.ts';
import { migrationState, type MigrationState } from '../db/state.ts';
import { atLeast, type KongVersion } from '../schema/versions.ts';
import { loadedPlugins, setting, type Settings } from '../settings.ts';
import { numeric, type Arguments } from './args.ts';
import type { Output } from './output.ts';

/** A command at work: whose, with which arguments and settings, and where it says things. */
export interface Command {
  readonly version: KongVersion;
  readonly args: Arguments;
  readonly settings: Settings;
  readonly out: Output;
}

/** Milliseconds that a command waits for one statement: 60 s before 3.7, `pg_timeout` since, or `--db-timeout`. */
export function dbTimeoutMs(command: Command): number {
  const given = numeric(command.args, 'db-timeout');
  if (given !== undefined) return given * 1000;
  return atLeast(command.version, '3.7.1') ? Number(setting(command.settings, 'pg_timeout')) : 60_000;
}

export async function connect(command: Command): Promise<Connection> {
  return Connection.open(command.settings, dbTimeoutMs(command));
}

/** The migrations as this command's release and plugins see them. */
export async function readState(command: Command, db: Connection): Promise<MigrationState> {
  command.out.verbose('retrieving database schema state...');
  const state = await migrationState(db, command.version, loadedPlugins(command.version, command.settings));
  command.out.verbose('schema state retrieved');
  return state;
}
