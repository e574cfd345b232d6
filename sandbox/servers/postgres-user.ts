import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * What to put before a PostgreSQL command so that it does not run as root, which it refuses: as root, the user
 * `postgres` that Debian's package made. It keeps the right to pass through folders that are closed to it, because the
 * sandbox may lie in a home folder.
 */
export const asPostgresUser: readonly string[] =
  process.getuid?.() === 0
    ? [
        'setpriv',
        '--reuid=postgres',
        '--regid=postgres',
        '--init-groups',
        '--inh-caps=+dac_override',
        '--ambient-caps=+dac_override',
      ]
    : [];

/** Gives a folder to the user that PostgreSQL runs as. */
export async function giveToPostgresUser(dir: string): Promise<void> {
  if (asPostgresUser.length > 0) await run('chown', ['postgres:postgres', dir]);
}

/** Runs a PostgreSQL program to its end, and throws with what it printed if it fails. */
export async function runAsPostgresUser(command: string, args: readonly string[]): Promise<void> {
  const [program = command, ...rest] = [...asPostgresUser, command, ...args];
  await run(program, rest);
}
