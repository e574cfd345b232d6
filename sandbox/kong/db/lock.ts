import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { KongError } from '../settings.ts';
import { DatabaseError, type Connection } from './connection.ts';

const KEY = 'migrations';
const WAITS_MS = [100, 300, 900, 2000];

/** How a command takes the cluster lock: with a lifetime, and waiting for another holder or not. */
export interface LockOptions {
  /** Seconds until the row expires; also the longest wait. It is never renewed. */
  readonly ttl: number;
  readonly wait: boolean;
  /** Opens a second connection, for giving the lock back when the first one is unusable. */
  readonly reconnect: () => Promise<Connection>;
}

async function insert(db: Connection, owner: string, ttl: number): Promise<boolean> {
  try {
    const expires = Date.now() / 1000 + ttl;
    await db.query('BEGIN');
    await db.query(`DELETE FROM locks WHERE ttl < CURRENT_TIMESTAMP AT TIME ZONE 'UTC'`);
    const { rowCount } = await db.query(
      `INSERT INTO locks (key, owner, ttl) VALUES ($1, $2, to_timestamp($3) AT TIME ZONE 'UTC') ON CONFLICT DO NOTHING`,
      [KEY, owner, expires],
    );
    await db.query('COMMIT');
    return rowCount === 1;
  } catch (error) {
    await db.query('ROLLBACK').catch(() => undefined);
    throw new KongError(`[PostgreSQL error] failed to insert cluster lock: ${(error as Error).message}`);
  }
}

async function held(db: Connection): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT 1 FROM locks WHERE key = $1 AND ttl >= CURRENT_TIMESTAMP AT TIME ZONE 'UTC'`,
    [KEY],
  );
  return rowCount === 1;
}

/** Waits until the other holder's row is gone. Throws {@link KongError} after `ttl` seconds. */
async function waitForRelease(db: Connection, ttl: number): Promise<void> {
  const deadline = Date.now() + ttl * 1000;
  for (let step = 0; Date.now() < deadline; step++) {
    await sleep(WAITS_MS[Math.min(step, WAITS_MS.length - 1)]);
    if (!(await held(db))) return;
  }
  throw new KongError('[PostgreSQL error] timeout');
}

async function release(db: Connection, owner: string, options: LockOptions): Promise<void> {
  const sql = 'DELETE FROM locks WHERE key = $1 AND owner = $2';
  try {
    await db.query(sql, [KEY, owner]);
  } catch {
    const second = await options.reconnect();
    await second.query(sql, [KEY, owner]).finally(() => second.close());
  }
}

/**
 * Runs `work` under Kong's cluster lock. False if somebody else held it, even after having waited for them. The row of
 * a killed process stays until it expires. Throws {@link KongError}.
 */
export async function underClusterLock(
  db: Connection,
  options: LockOptions,
  work: () => Promise<void>,
): Promise<boolean> {
  const owner = randomUUID();
  if (!(await insert(db, owner, options.ttl))) {
    if (options.wait) await waitForRelease(db, options.ttl);
    return false;
  }
  try {
    await work();
  } catch (error) {
    await release(db, owner, options).catch(() => undefined);
    throw error instanceof DatabaseError ? new KongError(`[PostgreSQL error] ${error.message}`) : error;
  }
  await release(db, owner, options);
  return true;
}
