import { cancellationSignal } from '@temporalio/activity';
import type { CreateTrafficRouter, TrafficRouter } from '../adapters/traffic/port.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import { balancerReady, refuse } from '../domain/rules/index.ts';
import { ABILITIES } from '../domain/traffic/abilities.ts';
import type { Balancer } from '../domain/traffic/balancers.ts';
import type { TrafficActivities } from './contract.ts';
import { reportProgress } from './progress.ts';
import { watchWeight } from './watch-weight.ts';

export function createTrafficActivities({ router }: { router: CreateTrafficRouter }): TrafficActivities {
  return {
    async checkBalancer({ at }) {
      try {
        const balancer = router(at);
        return balancerReady(at, await balancer.describe(), await balancer.current());
      } catch (error) {
        const hint = 'Make the balancer ready as the message says, then start again.';
        return [refuse('balancer', `${at.name}: ${(error as Error).message}`, hint)];
      }
    },
    readTraffic: ({ at }) => router(at).current(),
    async setWeight({ at, ...change }) {
      const balancer = router(at);
      const state = await balancer.set(change);
      // A retreat, which expects nothing, waits for nothing.
      if (ABILITIES[at.entry.via].atOnce && change.expected !== undefined)
        await proveInForce(at, balancer, change.weight);
      return state;
    },
    verifyWeight: ({ at, weight, within }) =>
      router(at).verify(weight, { within, report: (what) => reportProgress({ what }), signal: cancellationSignal() }),
    setNodeOut: ({ at, ...change }) => able(at, router(at), 'setOut').setOut(change),
    setTesters: ({ at, ...change }) => able(at, router(at), 'setTesters').setTesters(change),
    watchWeight: (input) => watchWeight(router(input.at), input),
  };
}

/** Where nothing has to take the weight over first, anything else than it right after the change is a fault. */
async function proveInForce({ name }: Balancer, balancer: TrafficRouter, weight: number): Promise<void> {
  const { agrees, what } = await balancer.verify(weight, { within: 0 });
  if (!agrees)
    throw new CrossfadeError('WeightNotApplied', `${name} was set to ${weight} %, which is not in force: ${what}.`);
}

function able<Method extends 'setOut' | 'setTesters'>(
  { name, entry }: Balancer,
  router: TrafficRouter,
  method: Method,
): Required<Pick<TrafficRouter, Method>> {
  if (router[method] !== undefined) return router as TrafficRouter & Required<Pick<TrafficRouter, Method>>;
  const what = method === 'setOut' ? 'take one node out' : 'let testers through';
  throw new CrossfadeError('WeightImpossible', `${name} (${entry.via}) can't ${what}.`);
}
