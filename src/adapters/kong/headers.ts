import type { AdminAccess } from '../../domain/plan/index.ts';
import type { Secrets } from '../secrets.ts';

/** The headers that the plan gives for the Admin API, with their secrets. */
export const adminHeaders = (secrets: Secrets, access: AdminAccess): Record<string, string> =>
  Object.fromEntries(Object.entries(access.headers).map(([name, value]) => [name, secrets.resolve(value)]));
