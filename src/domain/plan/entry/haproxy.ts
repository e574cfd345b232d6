import { z } from 'zod';
import { absolutePath } from '../common.ts';
import { hosts, named } from './common.ts';

/** HAProxy, changed by its runtime API. The servers of its backend have the names of the plan's nodes. */
export const haproxy = z.strictObject({
  via: z.literal('haproxy'),
  ...named,
  host: hosts,
  /** The runtime API (`stats socket … level admin`): a path, or `host:port`. */
  socket: z.union(
    [absolutePath, z.string().regex(/^[\w.-]+:\d{1,5}$|^\[[\da-f:]+\]:\d{1,5}$/i)],
    'expected the path of the socket, or host:port',
  ),
  backend: z.string().regex(/^[\w.:-]+$/, 'expected the name of a backend'),
  /** The file that HAProxy loads the state of its servers from (`server-state-file`), so that a reload keeps the weights. */
  stateFile: absolutePath,
});
