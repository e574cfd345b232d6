import { setTimeout } from 'node:timers/promises';
import { CrossfadeError } from '../domain/errors/index.ts';
import { clock, plainLine } from '../domain/status/render-text.ts';
import type { UpgradeStatus } from '../domain/status/index.ts';
import { paintFor, print, printError } from './io.ts';
import type { LiveActivity } from './live.ts';
import { openScreen } from './terminal/screen.ts';
import { renderTree } from './terminal/tree.ts';
import { waitLines } from './terminal/waits.ts';
import type { UpgradeHandle } from './upgrade.ts';

const EVERY_MS = 1_000;

/**
 * Shows an upgrade until `enough` says so: a live tree in a terminal, else a line for each thing that happens. A worker or a
 * server that is away for a while is told and waited for.
 */
export function follow(upgrade: UpgradeHandle, enough: (status: UpgradeStatus) => boolean): Promise<UpgradeStatus> {
  return process.stdout.isTTY ? followLive(upgrade, enough) : followLines(upgrade, enough);
}

async function followLive(upgrade: UpgradeHandle, enough: (status: UpgradeStatus) => boolean): Promise<UpgradeStatus> {
  const { stdout } = process;
  const screen = openScreen(stdout);
  const giveBack = () => screen.close();
  process.on('exit', giveBack);
  let status = await upgrade.status();
  let live: readonly LiveActivity[] = [];
  let away: string | undefined;
  try {
    for (;;) {
      const paint = paintFor(stdout);
      const lines = renderTree({ status, live, now: Date.now(), columns: stdout.columns, paint });
      screen.draw(away === undefined ? lines : [...lines, '', paint('red', away)]);
      if (enough(status)) return status;
      await setTimeout(EVERY_MS);
      try {
        [status, live] = await Promise.all([upgrade.status(), upgrade.live()]);
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

async function followLines(upgrade: UpgradeHandle, enough: (status: UpgradeStatus) => boolean): Promise<UpgradeStatus> {
  const paint = paintFor(process.stdout);
  const { startedAt } = (await upgrade.status()).upgrade;
  let last = '';
  let waits = '';
  let away: string | undefined;
  for (;;) {
    try {
      const [status, timeline] = [await upgrade.status(), await upgrade.timeline()];
      away = undefined;
      for (const { at, kind, text } of timeline.filter((one) => one.at > last))
        print(`${clock(at, startedAt)}  ${kind.padEnd(8)} ${plainLine(text, 500)}`);
      last = timeline.at(-1)?.at ?? last;
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

/** What to say of an error that may pass by itself; others are thrown. */
function waitable(error: unknown): string {
  if (error instanceof CrossfadeError && error.kind.retryable) return `${error.message} Still trying ...`;
  throw error;
}
