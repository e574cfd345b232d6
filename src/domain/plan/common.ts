import { z } from 'zod';
import { parseDuration } from '../duration.ts';

/** A duration in the plan (`90s`, `10m`, `24h`); milliseconds once parsed. */
export const duration = z.string('expected a duration such as 90s, 10m or 24h').transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: `expected a duration such as 90s, 10m or 24h, got "${text}"` });
  return z.NEVER;
});

/** A reference to a secret. The worker resolves it at the last moment; the value is never part of a plan. */
export const secretRef = z.union(
  [z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) })],
  'expected a reference to a secret: { "env": "NAME" } or { "file": "/path" }; the value itself never belongs in a plan',
);

/** An environment variable, header or the like: plain text, or a secret's reference. */
export const textOrSecret = z.union([z.string(), secretRef], 'expected text, { "env": "NAME" } or { "file": "/path" }');

/** A program and its arguments; never a shell line. */
export const command = z.array(z.string()).min(1, 'expected a program and its arguments');

/** A name that is safe in file names, SQL identifiers, metrics and workflow ids. */
export const simpleName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, 'expected letters, digits, ".", "_" and "-", at most 63 of them');

export const baseUrl = z
  .url({ protocol: /^https?$/, error: 'expected an http:// or https:// address' })
  .transform((text) => text.replace(/\/+$/, ''));

export const absolutePath = z.string().regex(/^\//, 'expected an absolute path');

export type SecretRef = z.output<typeof secretRef>;
export type TextOrSecret = z.output<typeof textOrSecret>;
