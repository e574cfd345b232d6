import { setTimeout as sleep } from 'node:timers/promises';
import { step, type Print } from '../../sandbox/log.ts';
import { createGuard } from '../../src/adapters/postgres/guard.ts';
import { createWriteProof } from '../../src/adapters/postgres/proof.ts';
import type { UpgradeRef } from '../../src/domain/upgrade.ts';
import { quantile } from '../harness/statistics.ts';
import { keepBusy, type Round } from './busy.ts';
import type { LargeDatabase } from './database.ts';

const CONNECTIONS = 200;
/** Seconds in which nothing is done to the tables, before each freeze. */
const REST = 3;
/** More than a freeze and a thaw ever took. */
const AT_MOST = 6;

/** One freeze and thaw. Milliseconds. */
export interface GuardRound {
  readonly tables: number;
  readonly installMs: number;
  /** As Kong's role: every table refuses. */
  readonly proofMs: number;
  readonly thawMs: number;
  /** p99 of the rounds of the busy connections that began meanwhile, and the longest one that was under way. */
  readonly rest: Latency;
  readonly install: Latency;
  readonly thaw: Latency;
}

export interface Latency {
  readonly rounds: number;
  readonly p99Ms: number;
  readonly longestMs: number;
}

type Window = readonly [from: number, to: number];

/** Freezes and thaws again and again while 200 connections are busy. */
export async function measureGuard(
  large: LargeDatabase,
  upgrade: UpgradeRef,
  { rounds, consumers, print }: { rounds: number; consumers: number; print: Print },
): Promise<GuardRound[]> {
  const { connect, database } = large;
  const [guard, proof] = [createGuard(connect), createWriteProof(connect)];
  const seconds = rounds * (REST + AT_MOST);
  const busy = await keepBusy(large, { connections: CONNECTIONS, seconds, consumers });
  try {
    const done: { tables: number; proofMs: number; windows: Record<'rest' | 'install' | 'thaw', Window> }[] = [];
    for (let round = 1; round <= rounds; round += 1)
      await step(print, `Freeze and thaw, round ${round}`, async () => {
        const rest = await during(() => sleep(REST * 1_000));
        const install = await during(() => guard.install(database, upgrade));
        const { guardedTables: tables } = await guard.read(database);
        const [from, to] = await during(() => proof.refused(database));
        const thaw = await during(() => guard.lift(database, upgrade));
        done.push({ tables, proofMs: to - from, windows: { rest, install, thaw } });
      });
    const all = await busy.end();
    return done.map(({ tables, proofMs, windows: { rest, install, thaw } }) => ({
      tables,
      installMs: install[1] - install[0],
      proofMs,
      thawMs: thaw[1] - thaw[0],
      rest: latency(all, rest),
      install: latency(all, install),
      thaw: latency(all, thaw),
    }));
  } finally {
    await busy.stop();
  }
}

async function during(work: () => Promise<unknown>): Promise<Window> {
  const from = performance.timeOrigin + performance.now();
  await work();
  return [from, performance.timeOrigin + performance.now()];
}

function latency(all: readonly Round[], [from, to]: Window): Latency {
  const begun = all.filter((round) => round.from >= from && round.from < to).map(({ ms }) => ms);
  const underWay = all.filter((round) => round.from < to && round.from + round.ms > from);
  return {
    rounds: begun.length,
    p99Ms: quantile(begun, 0.99),
    longestMs: underWay.reduce((most, { ms }) => Math.max(most, ms), 0),
  };
}
