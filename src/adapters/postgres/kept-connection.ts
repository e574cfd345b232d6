import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { CrossfadeError } from '../../domain/errors/index.ts';
import { enterSchema } from './connect.ts';
import { readFreeze } from './freeze-state.ts';

/** How the connection is called in `pg_stat_activity` while nobody uses it. Like all of Crossfade's it begins with `crossfade`. */
export const CONTROL_NAME = 'crossfade control';

/** The connection proves that it lives, and whether it is still needed, this often (milliseconds). */
const EVERY = 5_000;
const ANSWER_WITHIN = 5_000;
/** A session that can't be replaced is tried every 80 s in the end. */
const MOST_DOUBLINGS = 4;
/** Whoever waits longer for a turn is told that the database is full: two that wait for each other must not wait for ever. */
const TURN_WITHIN = 60_000;
/** Once it was lent it stays for so long after the thaw: what reads the thaw back needs it too. */
const LINGER = 60_000;

/** Ends a session for good, whatever its `end()` was made to do. */
export function endSession(client: Client): Promise<void> {
  // What hides the one of pg.
  Reflect.deleteProperty(client, 'end');
  return client.end().catch(() => undefined);
}

/** Whether there is a guard to be lifted, half-removed ones included; `undefined` when the session is of no use any more. */
export const isGuarded = (client: Client): Promise<boolean | undefined> =>
  inTime(async () => {
    if (client.getTransactionStatus() !== 'I') await client.query('ROLLBACK');
    const { rows } = await client.query<{ there: boolean }>(
      "SELECT to_regprocedure('crossfade.guard()') IS NOT NULL AS there",
    );
    return rows[0]?.there === true || (await readFreeze(client)) !== undefined;
  });

/** Makes the session like a new one: no transaction, no settings, no advisory lock of whoever used it. False when it is broken. */
async function clean(client: Client, schema: string | undefined): Promise<boolean> {
  const done = await inTime(async () => {
    if (client.getTransactionStatus() !== 'I') await client.query('ROLLBACK');
    await client.query('DISCARD ALL');
    await enterSchema(client, schema);
    await client.query(`SET application_name = '${CONTROL_NAME}'`);
    return true;
  });
  return done === true;
}

async function inTime<T>(work: () => Promise<T>): Promise<T | undefined> {
  const giveUp = new AbortController();
  const late = sleep(ANSWER_WITHIN, undefined, { signal: giveUp.signal }).catch(() => undefined);
  try {
    return await Promise.race([work(), late]);
  } catch {
    return undefined;
  } finally {
    giveUp.abort();
  }
}

/**
 * One connection to a database that is frozen, lent to one user at a time. It is replaced when it broke, and ends by itself when
 * the guard is gone, whoever lifted it.
 */
export class KeptConnection {
  private client: Client | undefined;
  private readonly reopen: () => Promise<Client>;
  private readonly onOver: () => void;
  private readonly schema: string | undefined;
  private readonly waiting: ((client: Client | undefined) => void)[] = [];
  private readonly timer: NodeJS.Timeout;
  /** It is lent, or being looked at. */
  private busy = false;
  private over = false;
  private lentAt = -Infinity;
  private failures = 0;
  private notBefore = -Infinity;

  /** `schema`: what the plan names. */
  constructor(client: Client, schema: string | undefined, reopen: () => Promise<Client>, onOver: () => void) {
    this.schema = schema;
    this.reopen = reopen;
    this.onOver = onOver;
    this.timer = setInterval(() => void this.look(), EVERY).unref();
    this.take(client);
  }

  /** Cleans it, and looks whether it is alive and needed; at once, unless somebody uses it. `full`: no other one could be had. */
  async look(full = true): Promise<void> {
    if (this.busy || this.over) return;
    this.busy = true;
    if (!full) this.lentAt = -Infinity;
    await this.settle();
  }

  /** A session for one user, who gives it back by `end()`; `undefined` when there is none to be had. */
  async lend(): Promise<Client | undefined> {
    if (this.over || (!this.busy && this.client === undefined)) return undefined;
    const mine = this.busy ? await this.turn() : this.client;
    if (mine === undefined) return undefined;
    this.busy = true;
    this.lentAt = performance.now();
    let given = false;
    mine.end = async () => {
      if (given) return;
      given = true;
      this.lentAt = performance.now();
      await this.settle();
    };
    // What it was opened with.
    if ((await inTime(() => mine.query('RESET application_name'))) !== undefined) return mine;
    await mine.end();
    return undefined;
  }

  async close(): Promise<void> {
    if (this.over) return;
    this.over = true;
    clearInterval(this.timer);
    for (const give of this.waiting.splice(0)) give(undefined);
    this.onOver();
    if (this.client !== undefined) await endSession(this.client);
  }

  private take(client: Client): void {
    this.client = client;
    // A session that is lent is missed by its user, who gives it back.
    client.once('end', () => void (this.client === client && this.look()));
  }

  private turn(): Promise<Client | undefined> {
    return new Promise((resolve) => {
      const give = (client: Client | undefined) => {
        clearTimeout(timer);
        resolve(client);
      };
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(give), 1);
        resolve(undefined);
      }, TURN_WITHIN);
      this.waiting.push(give);
    });
  }

  /** After each use, and now and then: cleaned, looked at, and passed on, kept or closed. */
  private async settle(): Promise<void> {
    let guarded = await this.check();
    if (guarded === undefined && !this.over) {
      await this.replace();
      guarded = await this.check();
    }
    if (this.over) return;
    const done = guarded === false && performance.now() - this.lentAt > LINGER;
    if (done && this.waiting.length === 0) return this.close();
    if (this.client === undefined) for (const give of this.waiting.splice(0)) give(undefined);
    const next = this.waiting.shift();
    if (next === undefined) this.busy = false;
    else next(this.client);
  }

  private async check(): Promise<boolean | undefined> {
    const { client } = this;
    if (client === undefined || !(await clean(client, this.schema))) return undefined;
    return isGuarded(client);
  }

  private async replace(): Promise<void> {
    const broken = this.client;
    this.client = undefined;
    if (broken !== undefined) await endSession(broken);
    if (performance.now() < this.notBefore) return;
    try {
      this.take(await this.reopen());
      this.failures = 0;
    } catch (error) {
      // No free connection, no server, or a role that is locked out for now: a later look tries again, less and less often.
      this.notBefore = performance.now() + EVERY * 2 ** Math.min(this.failures, MOST_DOUBLINGS) - EVERY / 2;
      this.failures += 1;
      if (isGone(error)) await this.close();
    }
  }
}

const NO_SUCH_DATABASE = '3D000';

const isGone = (error: unknown): boolean =>
  error instanceof CrossfadeError && (error.cause as { code?: string } | undefined)?.code === NO_SUCH_DATABASE;
