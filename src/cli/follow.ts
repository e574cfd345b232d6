import { setTimeout } from 'node:timers/promises';
import { CrossfadeError } from '../domain/errors/index.ts';
import { clock, plainLine } from '../domain/status/render-text.ts';
import type { UpgradeStatus } from '../domain/status/index.ts';
import { paintFor, print, printError } from './io.ts';
import { transfers } from './live.ts';
import { openScreen } from './terminal/screen.ts';
import { renderTree } from './terminal/tree.ts';
import { waitLines } from './terminal/waits.ts';
import type { UpgradeHandle, UpgradeNow } from './upgrade.ts';

const EVERY_MS = 1_000;
/** Without a terminal: how often it is told how far a transfer is. Most are over before. */
const TRANSFERS_EVERY_MS = 30_000;

/**
 * Shows an upgrade until `enough` says so: a live tree in a terminal, else a line for each thing that happens. A worker or a
 * server that is away for a while is told and waited for. Error `UpgradeCutOff` when Temporal ended it.
 */
export async function follow(upgrade: UpgradeHandle, enough: Enough): Promise<UpgradeStatus> {
  const first = whole(await upgrade.now());
  return process.stdout.isTTY ? followLive(upgrade, first, enough) : followLines(upgrade, first, enough);
}

type Enough = (status: UpgradeStatus) => boolean;

async function followLive(upgrade: UpgradeHandle, first: UpgradeNow, enough: Enough): Promise<UpgradeStatus> {
  const { stdout } = process;
  const screen = openScreen(stdout);
  const giveBack = () => screen.close();
  process.on('exit', giveBack);
  let { status, live } = first;
  let away: string | undefined;
  try {
    for (;;) {
      const paint = paintFor(stdout);
      const lines = renderTree({ status, live, now: Date.now(), columns: stdout.columns, paint });
      screen.draw(away === undefined ? lines : [...lines, '', paint('red', away)]);
      if (enough(status)) return status;
      await setTimeout(EVERY_MS);
      try {
        ({ status, live } = whole(await upgrade.now()));
        away = undefined;
      } catch (error) {
        away = waitable(error);
      }
    }
  } finally {
    process.off('exit', giveBack);
    screen.close();
  }
}

async function followLines(upgrade: UpgradeHandle, first: UpgradeNow, enough: Enough): Promise<UpgradeStatus> {
  const paint = paintFor(process.stdout);
  const { startedAt } = first.status.upgrade;
  let last = '';
  let waits = '';
  let away: string | undefined;
  let transfersTold = Date.now();
  for (;;) {
    try {
      const [now, timeline] = [await upgrade.now(), await upgrade.timeline()];
      away = undefined;
      for (const { at, kind, text } of timeline.filter((one) => one.at > last))
        print(`${clock(at, startedAt)}  ${kind.padEnd(8)} ${plainLine(text, 500)}`);
      last = timeline.at(-1)?.at ?? last;
      const { status, live } = whole(now);
      if (Date.now() - transfersTold >= TRANSFERS_EVERY_MS) {
        transfersTold = Date.now();
        const at = clock(new Date(transfersTold).toISOString(), startedAt);
        for (const line of transfers(live)) print(`${at}  progress ${line}`);
      }
      const asked = waitLines({ ...status, abort: status.abort ?? NOT_ASKED }, startedAt, paint).join('\n');
      if (asked !== waits && asked !== '') print(`${asked}\n`);
      waits = asked;
      if (enough(status)) return status;
    } catch (error) {
      const told = waitable(error);
      if (told !== away) printError(told);
      away = told;
    }
    await setTimeout(EVERY_MS);
  }
}

// How to stop is no news among the lines of what happens.
const NOT_ASKED = { by: '', at: '' };

/** Nothing more happens once a workflow was cut off: there is nothing to follow. */
function whole(now: UpgradeNow): UpgradeNow {
  if (now.cutOff !== undefined) throw now.cutOff;
  return now;
}

/** What to say of an error that may pass by itself; others are thrown. */
function waitable(error: unknown): string {
  if (error instanceof CrossfadeError && error.kind.retryable) return `${error.message} Still trying ...`;
  throw error;
}
