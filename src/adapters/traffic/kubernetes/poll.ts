import { setTimeout as sleep } from 'node:timers/promises';
import type { Verification } from '../../../domain/traffic/state.ts';
import type { VerifyOptions } from '../port.ts';

/** Milliseconds between two looks. */
const EVERY = 500;

/** Looks until it agrees, or the time is over. */
export async function pollUntil(
  { within, report, signal }: VerifyOptions,
  look: () => Promise<Verification>,
): Promise<Verification> {
  const deadline = performance.now() + within;
  for (;;) {
    const seen = await look();
    report?.(seen.what);
    const left = deadline - performance.now();
    if (seen.agrees || left <= 0) return seen;
    await sleep(Math.min(EVERY, left), undefined, signal === undefined ? {} : { signal });
  }
}
