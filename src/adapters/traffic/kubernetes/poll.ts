import { setTimeout as sleep } from 'node:timers/promises';
import type { Verification } from '../../../domain/traffic/state.ts';
import type { VerifyOptions } from '../port.ts';

/** Milliseconds between two looks. */
const EVERY = 500;

/** Looks until it has agreed for `lasting` milliseconds on end, or the time is over. */
export async function pollUntil(
  { within, report, signal }: VerifyOptions,
  look: () => Promise<Verification>,
  lasting = 0,
): Promise<Verification> {
  const deadline = performance.now() + within;
  let since: number | undefined;
  for (;;) {
    const seen = await look();
    report?.(seen.what);
    const now = performance.now();
    since = seen.agrees ? (since ?? now) : undefined;
    if (now >= deadline || (since !== undefined && now - since >= lasting)) return seen;
    await sleep(Math.min(EVERY, deadline - now), undefined, signal === undefined ? {} : { signal });
  }
}
