import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Seen, WritersOptions } from './types.ts';

/** The commit of the thaw is known to within this, in milliseconds. */
const EVERY = 20;

export interface FreezeWatch {
  /** The configuration is frozen, or was. */
  frozen(): boolean;
  stop(): Promise<Seen | undefined>;
}

/** Looks into the database, by its own clock, when the freeze comes and goes. */
export async function watchFreeze(options: WritersOptions['database']): Promise<FreezeWatch> {
  // Crossfade's own sessions are known by the beginning of their names; whoever watches is no stranger to be held for.
  const client = new Client({ ...options, application_name: 'crossfade demo' });
  await client.connect();
  let running = true;
  let seen: Partial<Record<keyof Seen, number>> = {};
  const ask = async <T extends object>(sql: string): Promise<T | undefined> => (await client.query<T>(sql)).rows[0];
  const counted = async () =>
    Number((await ask<{ sum: string }>('SELECT coalesce(sum(value), 0) AS sum FROM ratelimiting_metrics'))?.sum);

  let there = false;
  async function look(): Promise<void> {
    const table = "SELECT to_regclass('crossfade.freeze') IS NOT NULL AS there";
    there ||= (await ask<{ there: boolean }>(table))?.there === true;
    if (!there) return;
    // What is seen was so between these two times.
    const row = await ask<{ before: string; now: string; frozen: boolean }>(
      `SELECT extract(epoch FROM statement_timestamp()) * 1000 AS before, extract(epoch FROM clock_timestamp()) * 1000 AS now,
              EXISTS (SELECT FROM crossfade.freeze) AS frozen`,
    );
    const now = Number(row?.now);
    if (row?.frozen === true) {
      if (seen.frozenAt === undefined) seen = { frozenAt: now, countedBefore: await counted() };
      seen.lastFrozenAt = Number(row.before);
    } else if (seen.frozenAt !== undefined && seen.thawedAt === undefined) {
      seen.thawedAt = now;
      seen.countedAfter = await counted();
    }
  }

  const watching = (async () => {
    while (running) {
      await look();
      await sleep(EVERY);
    }
  })();
  return {
    frozen: () => seen.frozenAt !== undefined,
    async stop() {
      running = false;
      await watching;
      await client.end();
      return seen.thawedAt === undefined ? undefined : (seen as unknown as Seen);
    },
  };
}
