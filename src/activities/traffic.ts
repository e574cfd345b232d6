import type { CreateTrafficRouter, TrafficRouter } from '../adapters/traffic/port.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import { balancerReady, refuse } from '../domain/rules/index.ts';
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
    setWeight: ({ at, ...change }) => router(at).set(change),
    verifyWeight: ({ at, weight, within }) =>
      router(at).verify(weight, { within, report: (what) => reportProgress({ what }) }),
    setNodeOut: ({ at, ...change }) => able(at, router(at), 'setOut').setOut(change),
    setTesters: ({ at, ...change }) => able(at, router(at), 'setTesters').setTesters(change),
    watchWeight: (input) => watchWeight(router(input.at), input),
  };
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
