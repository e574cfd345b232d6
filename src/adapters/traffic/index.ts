import { createNginxRouter } from './nginx/router.ts';
import type { CreateTrafficRouter } from './port.ts';

/** The balancer that a plan names. */
export const createTrafficRouter = (): CreateTrafficRouter => (traffic) => createNginxRouter(traffic);
