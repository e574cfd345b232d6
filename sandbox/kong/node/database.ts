import pg from 'pg';
import { clientConfig, DatabaseError, describe } from '../db/connection.ts';
import { setting, type Settings } from '../settings.ts';

// Real Kong keeps about one or two connections per worker; so does a node here.
const MAX_CONNECTIONS = 2;

/** Counts are numbers, and times are seconds since 1970. */
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);
const parseDate = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ) as (text: string) => Date;
types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text: string) => parseDate(text).getTime() / 1000);

/** A node's few connections to PostgreSQL. */
export class Database {
  #pool: pg.Pool;

  constructor(settings: Settings) {
    this.#pool = Database.#open(settings);
  }

  static #open(settings: Settings): pg.Pool {
    const timeout = Number(setting(settings, 'pg_timeout'));
    const pool = new pg.Pool({
      ...clientConfig(settings),
      max: MAX_CONNECTIONS,
      idleTimeoutMillis: 60_000,
      query_timeout: timeout,
      types,
    });
    pool.on('error', () => undefined);
    return pool;
  }

  /** Runs one statement. Throws {@link DatabaseError} in Kong's words. */
  async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.execute<Row>(text, values)).rows;
  }

  /** Like {@link query}, with the number of rows concerned. */
  async execute<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<pg.QueryResult<Row>> {
    try {
      return await this.#pool.query<Row>(text, values);
    } catch (error) {
      throw Object.assign(new DatabaseError(describe(error)), { cause: error });
    }
  }

  async reachable(): Promise<boolean> {
    return this.query('SELECT 1').then(
      () => true,
      () => false,
    );
  }

  /** Connects anew, maybe as somebody else. */
  reopen(settings: Settings): void {
    const old = this.#pool;
    this.#pool = Database.#open(settings);
    void old.end().catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.#pool.end().catch(() => undefined);
  }
}
