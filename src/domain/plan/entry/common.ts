import { z } from 'zod';
import { simpleName } from '../common.ts';

/** What each kind of entry point has. */
export const named = {
  /** How people know this entry point; by default its `via`. */
  name: simpleName.optional(),
};

/** Where a balancer runs that is changed by files or a socket: the task queue `crossfade@<host>` of each. Several carry the same split. */
export const hosts = z.union(
  [simpleName.transform((host) => [host]), z.array(simpleName).min(1)],
  "expected the balancer's host, or a list of hosts",
);

/** Where the worker runs that has the right and the network to change it. Without it, any worker does. */
export const oneHost = simpleName.optional();

/** Requests that reach Y before it gets any share: those with this header. */
export const testersByHeader = z.strictObject({
  header: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/i, 'expected the name of a header'),
  value: z.string().regex(/^[\w.-]{1,100}$/, 'expected letters, digits, ".", "_" and "-"'),
});

/** Requests that reach Y before it gets any share: those for this host name. */
export const testersByHost = z.strictObject({
  host: z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i, 'expected a host name'),
});
