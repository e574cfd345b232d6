import type { CreateTrafficRouter } from '../adapters/traffic/port.ts';
import { balancerReady, refuse } from '../domain/rules/index.ts';
import type { TrafficActivities } from './contract.ts';

export function createTrafficActivities({ router }: { router: CreateTrafficRouter }): TrafficActivities {
  return {
    async checkBalancer({ x, y, traffic }) {
      try {
        const balancer = router(traffic);
        return balancerReady(await balancer.describe(), await balancer.current(), { x, y });
      } catch (error) {
        return refuse(
          'balancer',
          (error as Error).message,
          'Make the balancer ready as the message says, then start again.',
        );
      }
    },
    readTraffic: ({ traffic }) => router(traffic).current(),
    setWeight: ({ traffic, ...change }) => router(traffic).set(change),
    setNodeOut: ({ traffic, ...change }) => router(traffic).setOut(change),
  };
}
