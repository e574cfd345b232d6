import { sleep } from '@temporalio/activity';
import type { TrafficRouter } from '../adapters/traffic/port.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import type { TrafficState } from '../domain/traffic/state.ts';
import type { TrafficActivities } from './contract.ts';
import { reportProgress } from './progress.ts';

type Input = Parameters<TrafficActivities['watchWeight']>[0];

/** Looks again and again; ends by error `ForeignChange` only. */
export async function watchWeight(
  router: Pick<TrafficRouter, 'current'>,
  { at, upgrade, weight, every }: Input,
): Promise<never> {
  for (;;) {
    const state = await router.current().catch((error: unknown) => {
      // What is in force is no weight at all.
      if (error instanceof CrossfadeError && error.code === 'ForeignChange') throw error;
      reportProgress({ unreadable: (error as Error).message });
      return undefined;
    });
    if (state !== undefined) {
      reportProgress({ weight: state.weight });
      const change = foreignChange(state, { weight, by: upgrade.runId });
      if (change !== undefined) throw new CrossfadeError('ForeignChange', `${at.name}: ${change}.`);
    }
    await sleep(every);
  }
}

function foreignChange(now: TrafficState, ours: { weight: number; by: string }): string | undefined {
  if (now.weight !== ours.weight) return `${ours.weight} % on Y was set and ${now.weight} % was found`;
  if (now.by !== undefined && now.by !== ours.by) return `run ${now.by} has set ${now.weight} % in the meantime`;
  return undefined;
}
