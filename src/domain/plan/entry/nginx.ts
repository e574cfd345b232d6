import { z } from 'zod';
import { absolutePath, baseUrl } from '../common.ts';
import { hosts, named, testersByHeader, testersByHost } from './common.ts';

/** nginx, changed without a reload. */
export const nginx = z.strictObject({
  via: z.literal('nginx'),
  ...named,
  host: hosts,
  /** Directory that nginx reads per request: `current` is the state in force. Crossfade owns it. The same on every host. */
  directory: absolutePath,
  /**
   * Where the worker on its host reaches a server of nginx that has Crossfade's server part, to ask it what it goes by. Without it:
   * `http://127.0.0.1`.
   */
  check: baseUrl.optional(),
  /** A client stays on its side: told apart by its address, or by the value of a cookie. Without it each request is split for itself. */
  sticky: z
    .union(
      [z.literal('client-address'), z.strictObject({ cookie: z.string().regex(/^\w{1,60}$/) })],
      'expected "client-address" or { cookie: NAME }',
    )
    .optional(),
  testers: z
    .union([testersByHeader, testersByHost], 'expected { header: NAME, value: VALUE } or { host: NAME }')
    .optional(),
  /** The port on which every node takes gRPC (`http2` in Kong's `proxy_listen`), where there are gRPC routes. TLS as in `proxy`. */
  grpcPort: z.number().int().min(1).max(65_535).optional(),
});
