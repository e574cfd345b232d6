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
  if (!hasBegun({ exitCode, stdout, stderr })) return [];
  if (timedOut || !endedItself(exitCode)) return todo;
  // A run to its end.
  if (exitCode === 0) return [];
  const of = (name: string | undefined) => todo.filter((one) => one.endsWith(`/${name}`));

  const [, unrecorded] = /failed to record migration '([^']+)'/.exec(stderr) ?? [];
  if (unrecorded !== undefined) return of(unrecorded);
  const [, failed, part, why = ''] = /failed to run migration '([^']+)' (\w+): (.*)/.exec(stderr) ?? [];
  if (failed === undefined) return todo;
  const rolledBack = part === 'up' && why.startsWith('ERROR:');
  return rolledBack ? [] : of(failed);
}

/** Whether a run may have touched a migration. What was printed by one that was killed is lost. */
export const hasBegun = ({ exitCode, stdout }: CommandText): boolean =>
  !endedItself(exitCode) || stdout.includes('migrating ');

/** Kong's own ends; anything else is a signal to one of its processes, of which others may have gone on. */
const endedItself = (exitCode: number | undefined): boolean => exitCode === 0 || exitCode === 1;
