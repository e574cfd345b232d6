import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { sql, type Kong } from '../kong-adapter/fixture.ts';

export interface Copies {
  /** A new database with the same content, to the last byte. */
  copy(): Promise<DatabaseRef>;
  drop(database: DatabaseRef): Promise<void>;
}

/** Copies of one database of X with some content, so that what comes of them can be compared. */
export async function copiesOf(kong: Kong, version: string, content: string): Promise<Copies> {
  const original = await kong.database(version);
  await sql(original, content);
  let count = 0;
  return {
    async copy() {
      const name = `${original.name}_${(count += 1)}`;
      await kong.postgres.query(`CREATE DATABASE ${name} TEMPLATE ${original.name} OWNER kong`, 'postgres');
      return { ...original, name };
    },
    drop: async ({ name }) => void (await kong.postgres.query(`DROP DATABASE ${name} WITH (FORCE)`, 'postgres')),
  };
}
