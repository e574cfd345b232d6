import { CrossfadeError } from '../../domain/errors/index.ts';

/** What can't be written down must not keep the traffic on Y. */
export const isUnwritable = (error: unknown): error is CrossfadeError =>
  error instanceof CrossfadeError && error.code === 'BalancerUnwritable';
