import { z } from 'zod';
import { command } from '../common.ts';
import { named, oneHost } from './common.ts';

/** The user's own programs move the traffic. See docs/traffic.md for what they get and what they answer. */
export const commandEntry = z.strictObject({
  via: z.literal('command'),
  ...named,
  host: oneHost,
  /** Prints what is in force. */
  read: command,
  /** Sets a weight. */
  set: command,
  /** Takes one node out, and puts it back. Without them nodes stay in the balancer. */
  out: command.optional(),
  in: command.optional(),
  /** Whether what carries the traffic has taken the weight over. Without it, `read` is believed. */
  verify: command.optional(),
});
