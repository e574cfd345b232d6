import { createNginxRouter } from './nginx/router.ts';
import type { CreateTrafficRouter } from './port.ts';
import type { Secrets } from '../secrets.ts';

/** The balancer of an entry point of a plan. */
export const createTrafficRouter =
  (_: { readonly secrets: Secrets }): CreateTrafficRouter =>
  (balancer) => {
    const { entry } = balancer;
    switch (entry.via) {
      case 'nginx':
        return createNginxRouter(entry, balancer.weights);
      default:
        throw new TypeError(`no driver for ${entry.via} yet`);
    }
  };
