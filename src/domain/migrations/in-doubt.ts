import type { CommandText } from './read.ts';

/**
 * Migrations that a run of `kong migrations` may have left half done, by how it ended. Kong runs the SQL of a migration as one
 * transaction; what follows it (`up_f`, `teardown`), and the record in `schema_meta`, are statements of their own. So nothing is in doubt
 * where PostgreSQL itself refused the transaction, and that one migration where anything else went wrong.
 *
 * @param todo the migrations that the run had before it, as `<subsystem>/<migration>`
 */
export function inDoubt(
  { exitCode, stdout, stderr, timedOut = false }: CommandText & { timedOut?: boolean },
  todo: readonly string[],
): readonly string[] {
  if (exitCode === undefined || timedOut) return todo;
  // Exit code 0 is a run to its end, or one that never began.
  if (exitCode === 0 || !stdout.includes('migrating ')) return [];
  const of = (name: string | undefined) => todo.filter((one) => one.endsWith(`/${name}`));

  const [, unrecorded] = /failed to record migration '([^']+)'/.exec(stderr) ?? [];
  if (unrecorded !== undefined) return of(unrecorded);
  const [, failed, part, why = ''] = /failed to run migration '([^']+)' (\w+): (.*)/.exec(stderr) ?? [];
  if (failed === undefined) return todo;
  const rolledBack = part === 'up' && why.startsWith('ERROR:');
  return rolledBack ? [] : of(failed);
}
