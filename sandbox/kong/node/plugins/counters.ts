import type { Database } from '../database.ts';
import type { Period } from './periods.ts';

/** What is counted: requests of somebody on a route in one period. */
export interface Counter {
  readonly identifier: string;
  readonly period: Period;
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly routeId: string;
  readonly serviceId: string | undefined;
}

export interface Counters {
  get(counter: Counter): number | Promise<number>;
  add(counter: Counter): void;
}

const keyOf = (c: Counter): string => `${c.identifier}:${c.period}:${c.start}:${c.routeId}:${c.serviceId ?? ''}`;
const NONE = '00000000-0000-0000-0000-000000000000';
const KEEP_S: Readonly<Record<Period, number>> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  month: 2_592_000,
  year: 31_536_000,
};

/** Policy `local`: this node counts for itself, and keeps counting over a reload. */
export class LocalCounters implements Counters {
  readonly #values = new Map<string, number>();

  get(counter: Counter): number {
    return this.#values.get(keyOf(counter)) ?? 0;
  }

  add(counter: Counter): void {
    // Periods that are over are never asked for again; what they left behind goes all at once.
    if (this.#values.size > 50_000) this.#values.clear();
    this.#values.set(keyOf(counter), this.get(counter) + 1);
  }
}

/** Policy `cluster`: one shared row in the database, read per request and added to a little later. */
export class ClusterCounters implements Counters {
  readonly #db: Database;
  readonly #log: (text: string) => void;
  readonly #asked = new Map<string, Promise<number>>();
  readonly #due = new Map<string, { counter: Counter; value: number }>();
  #writing: Promise<void> | undefined;

  constructor(db: Database, log: (text: string) => void) {
    this.#db = db;
    this.#log = log;
  }

  get(counter: Counter): Promise<number> {
    const key = keyOf(counter);
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    const answer = this.#read(counter).finally(() => this.#asked.delete(key));
    this.#asked.set(key, answer);
    return answer;
  }

  add(counter: Counter): void {
    const due = this.#due.get(keyOf(counter));
    this.#due.set(keyOf(counter), { counter, value: (due?.value ?? 0) + 1 });
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  /** Everything that was added is in the database, or lost because that could not be reached. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #read(c: Counter): Promise<number> {
    const [row] = await this.#db.query<{ value: number }>(
      `SELECT value FROM ratelimiting_metrics
        WHERE identifier = $1 AND period = $2 AND period_date = to_timestamp($3) AND service_id = $4 AND route_id = $5`,
      [c.identifier, c.period, c.start / 1000, c.serviceId ?? NONE, c.routeId],
    );
    return row?.value ?? 0;
  }

  async #write(): Promise<void> {
    await new Promise((done) => setImmediate(done));
    for (let next = this.#due.entries().next(); next.done !== true; next = this.#due.entries().next()) {
      const [key, { counter: c, value }] = next.value;
      this.#due.delete(key);
      const expires = c.start / 1000 + KEEP_S[c.period];
      await this.#db
        .execute(
          `INSERT INTO ratelimiting_metrics (identifier, period, period_date, service_id, route_id, value, ttl)
             VALUES ($1, $2, to_timestamp($3), $4, $5, $6, to_timestamp($7))
             ON CONFLICT ON CONSTRAINT ratelimiting_metrics_pkey DO UPDATE
             SET value = ratelimiting_metrics.value + EXCLUDED.value`,
          [c.identifier, c.period, c.start / 1000, c.serviceId ?? NONE, c.routeId, value, expires],
        )
        .catch((error: Error) => this.#log(`cluster policy: could not increment postgres counter: ${error.message}`));
    }
  }
}
