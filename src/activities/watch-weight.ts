import { sleep } from '@temporalio/activity';
import type { TrafficRouter } from '../adapters/traffic/port.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import type { TrafficState } from '../domain/traffic/state.ts';
import type { TrafficActivities } from './contract.ts';
import { reportProgress } from './progress.ts';

type Input = Parameters<TrafficActivities['watchWeight']>[0];

/** Milliseconds without an answer, after which people should know. */
const SILENT = 30_000;

/** Looks again and again, until the balancer falls silent or is heard; error `ForeignChange`. */
export async function watchWeight(
  router: Pick<TrafficRouter, 'current'>,
  { at, upgrade, weight, every, until }: Input,
  silent = SILENT,
): Promise<{ why: string }> {
  let heard = performance.now();
  let why = '';
  for (;;) {
    const state = await router.current().catch((error: unknown) => {
      // What is in force is no weight at all.
      if (error instanceof CrossfadeError && error.code === 'ForeignChange') throw error;
      why = (error as Error).message;
      reportProgress({ doing: `${at.name} can't be read: ${why}` });
      return undefined;
    });
    if (state !== undefined) {
      heard = performance.now();
      reportProgress({ doing: `${at.name}: ${state.weight} % on Y` });
      const change = foreignChange(state, { weight, by: upgrade.runId });
      if (change !== undefined) throw new CrossfadeError('ForeignChange', `${at.name}: ${change}.`);
      if (until === 'heard') return { why };
    }
    if (until === 'silent' && performance.now() - heard > silent) return { why };
    await sleep(every);
  }
}

function foreignChange(now: TrafficState, ours: { weight: number; by: string }): string | undefined {
  if (now.weight !== ours.weight) return `${ours.weight} % on Y was set and ${now.weight} % was found`;
  if (now.by !== undefined && now.by !== ours.by) return `run ${now.by} has set ${now.weight} % in the meantime`;
  return undefined;
}
