import { setTimeout as sleep } from 'node:timers/promises';
import type { Verification } from '../../../domain/traffic/state.ts';
import type { VerifyOptions } from '../port.ts';
import { takesRequests, type Server } from './servers.ts';
import { totalOf, type Found } from './state.ts';
import { shareOf } from './weights.ts';

/** Points of percent: what whole weights make of a share, and nothing more. */
const TOLERANCE = 0.5;
const EVERY = 200;

/**
 * Waits until HAProxy goes by the weight: with what its health checks leave of the nodes, and with what a node gets that has just come up
 * (`slowstart`).
 */
export async function verifyShare(
  weight: number,
  { within, report, signal }: VerifyOptions,
  read: () => Promise<Found>,
): Promise<Verification> {
  const deadline = performance.now() + within;
  for (;;) {
    signal?.throwIfAborted();
    const { sides, now } = await read();
    const total = totalOf(sides, now.out, (server) => (takesRequests(server) ? server.effective : 0));
    const nobody = total.x + total.y === 0;
    const share = shareOf(total);
    const what = nobody
      ? `HAProxy sends requests to nobody: ${[...sides.x, ...sides.y].map(describeServer).join(', ')}`
      : `HAProxy gives ${Math.round(share * 100) / 100} % to Y: ${[...sides.x, ...sides.y].map(describeServer).join(', ')}`;
    const isExact = weight === 0 || weight === 100;
    const agrees = now.weight === weight && !nobody && Math.abs(share - weight) <= (isExact ? 0 : TOLERANCE);
    if (agrees || performance.now() + EVERY > deadline) return { agrees, what };
    report?.(what);
    await sleep(EVERY, undefined, signal === undefined ? {} : { signal });
  }
}

function describeServer(server: Server): string {
  const { name, status, check } = server;
  return takesRequests(server)
    ? `${name} ${server.effective}`
    : `${name} ${status}${check === '' ? '' : ` (${check})`}`;
}
