import type { CreateTrafficRouter } from '../adapters/traffic/port.ts';
import type { TrafficActivities } from './contract.ts';

export function createTrafficActivities({ router }: { router: CreateTrafficRouter }): TrafficActivities {
  return {
    readTraffic: ({ traffic }) => router(traffic).current(),
    setWeight: ({ traffic, ...change }) => router(traffic).set(change),
    setNodeOut: ({ traffic, ...change }) => router(traffic).setOut(change),
  };
}
