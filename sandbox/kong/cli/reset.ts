import type { Connection } from '../db/connection.ts';
import { KongError } from '../settings.ts';
import { readState, type Command } from './command.ts';

/** Drops everything in the schema. Asks nobody: without a terminal the real one wants `--yes` as well. */
export async function reset(command: Command, db: Connection): Promise<void> {
  if (!command.args.flags.has('yes'))
    throw new KongError(`not a tty: invoke 'reset' non-interactively with the --yes flag`);
  const state = await readState(command, db);
  if (state.needsBootstrap) throw new KongError('Database not bootstrapped, nothing to reset');
  command.out.info('Resetting database...');
  try {
    await db.query(`DO $$ DECLARE owned text := current_schema(); BEGIN
      EXECUTE format('DROP SCHEMA %I CASCADE', owned);
      EXECUTE format('CREATE SCHEMA %I', owned);
    END $$`);
  } catch (error) {
    throw new KongError(`[PostgreSQL error] ${(error as Error).message}`);
  }
  command.out.info('Database successfully reset');
}
