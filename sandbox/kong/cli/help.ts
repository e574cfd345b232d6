import { atLeast, type KongVersion } from '../schema/versions.ts';

const GLOBAL = ` --v              verbose
 --vv             debug
`;

/** Usage of `kong` itself. */
export const USAGE = `Usage: kong COMMAND [OPTIONS]

The available commands are:
 check
 health
 migrations
 prepare
 quit
 reload
 restart
 start
 stop
 version

Options:
${GLOBAL}`;

/** Usage of `kong migrations`. */
export function migrationsUsage(version: KongVersion): string {
  const dbTimeout = atLeast(version, '3.7.1') ? '(optional number)' : '(default 60)     ';
  return `Usage: kong migrations COMMAND [OPTIONS]

Manage database schema migrations.

The available commands are:
  bootstrap                         Bootstrap the database and run all
                                    migrations.

  up                                Run any new migrations.

  finish                            Finish running any pending migrations after
                                    'up'.

  list                              List executed migrations.

  reset                             Reset the database. The \`reset\` command erases all of the data in Kong's database and deletes all of the schemas.

  status                            Dump the database migration status in JSON format

Options:
 -y,--yes                           Assume "yes" to prompts and run
                                    non-interactively.

 -q,--quiet                         Suppress all output.

 -f,--force                         Run migrations even if database reports
                                    as already executed.

 --db-timeout     ${dbTimeout} Timeout, in seconds, for all database
                                    operations.


 --lock-timeout   (default 60)      Timeout, in seconds, for nodes waiting on
                                    the leader node to finish running
                                    migrations.

 -c,--conf        (optional string) Configuration file.

 -p,--prefix      (optional string)   Override prefix directory.

${GLOBAL}`;
}
