import { z } from 'zod';
import { absolutePath } from '../common.ts';
import { hosts, named, testersByHeader, testersByHost } from './common.ts';

/** nginx, changed without a reload. */
export const nginx = z.strictObject({
  via: z.literal('nginx'),
  ...named,
  host: hosts,
  /** Directory that nginx reads per request: `state/current` is the split in force. Crossfade owns it. The same on every host. */
  directory: absolutePath,
  /** A client stays on its side: told apart by its address, or by the value of a cookie. Without it each request is split for itself. */
  sticky: z.union([z.literal('client-address'), z.strictObject({ cookie: z.string().regex(/^\w{1,60}$/) })]).optional(),
  testers: z.union([testersByHeader, testersByHost]).optional(),
});
