import { createCommandRouter } from './command/router.ts';
import { createNginxRouter } from './nginx/router.ts';
import type { CreateTrafficRouter } from './port.ts';
import type { Secrets } from '../secrets.ts';

export interface TrafficDeps {
  readonly secrets: Secrets;
  /** What the user's own programs get of the worker's environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The balancer of an entry point of a plan. */
export const createTrafficRouter =
  ({ secrets, environment = {} }: TrafficDeps): CreateTrafficRouter =>
  (balancer) => {
    const { entry } = balancer;
    switch (entry.via) {
      case 'nginx':
        return createNginxRouter(entry, balancer.weights);
      case 'command':
        return createCommandRouter(entry, balancer, { secrets, environment });
      default:
        throw new TypeError(`no driver for ${entry.via} yet`);
    }
  };
