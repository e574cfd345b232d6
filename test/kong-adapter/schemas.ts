import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { nodeAt, runner, sideOf, sql } from './fixture.ts';

/** Gives the database another set of Kong's tables, in a new schema, by the stand-in. Returns the database with that schema named. */
export async function bootstrapIn(schema: string, database: DatabaseRef, version = '3.6.1'): Promise<DatabaseRef> {
  await sql(database, `CREATE SCHEMA ${schema}`);
  const named = { ...database, schema };
  const side = sideOf(version, [nodeAt('bootstrap', '/nowhere', [1, 2, 3])]);
  const result = await runner(side, named).kong(['migrations', 'bootstrap'], { timeoutMs: 60_000 });
  if (result.exitCode !== 0) throw new Error(`bootstrap: ${result.stdout}${result.stderr}`);
  return named;
}
