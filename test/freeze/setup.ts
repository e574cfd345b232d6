import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { CONTENT, freeze, sql, startKongDatabases, upgrade, withAdmin, withoutAdmin, type Kong } from './fixture.ts';

/** The upgrade that the tests freeze for. */
export const me = upgrade();

export interface Setup {
  readonly kong: Kong;
  readonly database: DatabaseRef;
  /** What most activities ask for. */
  readonly mine: { readonly database: DatabaseRef; readonly upgrade: typeof me };
  /** As Kong's own role. */
  sql(text: string): Promise<Record<string, unknown>[]>;
  /** Behind the guard's back, as a superuser can. */
  smuggle(text: string): Promise<unknown>;
  takeBaseline(): ReturnType<typeof freeze.takeBaseline>;
  drift(): ReturnType<typeof freeze.checkDrift>;
}

/** A PostgreSQL for the tests of a file, and for each of them a database of Kong with the common content and more. */
export function setUp({ version = '3.6.1', admin = false, content = '' } = {}): Setup {
  let kong: Kong | undefined;
  let database: DatabaseRef | undefined;
  const here = <T>(it: T | undefined): T => {
    if (it === undefined) throw new Error('Only inside a test.');
    return it;
  };
  beforeAll(async () => void (kong = await startKongDatabases()));
  afterAll(() => kong?.stop());
  beforeEach(async () => {
    const made = await here(kong).database(version);
    database = admin ? withAdmin(made) : withoutAdmin(made);
    await sql(database, CONTENT);
    if (content !== '') await sql(database, content);
  });
  return {
    get kong() {
      return here(kong);
    },
    get database() {
      return here(database);
    },
    get mine() {
      return { database: here(database), upgrade: me };
    },
    sql: (text) => sql(here(database), text),
    smuggle: (text) =>
      here(kong).postgres.query(`SET session_replication_role = replica; ${text}`, here(database).name),
    takeBaseline: () => freeze.takeBaseline({ database: here(database), upgrade: me, label: 'test' }),
    drift: () => freeze.checkDrift({ database: here(database), upgrade: me }),
  };
}
