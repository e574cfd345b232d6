import { z } from 'zod';
import { parseDuration } from '../duration.ts';

const LONGEST = '90d';
const LONGEST_MS = parseDuration(LONGEST) ?? 0;

/** A duration in the plan (`90s`, `10m`, `24h`), at most 90 days; milliseconds once parsed. */
export const durationFrom = (shortest: string) =>
  z.string('expected a duration such as 90s, 10m or 24h').transform((text, context) => {
    const ms = parseDuration(text);
    const fault = (message: string): never => {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    };
    if (ms === undefined) return fault(`expected a duration such as 90s, 10m or 24h, got "${text}"`);
    if (ms > LONGEST_MS) return fault(`expected at most ${LONGEST}`);
    if (ms < (parseDuration(shortest) ?? 0)) return fault(`expected at least ${shortest}`);
    return ms;
  });

export const duration = durationFrom('0s');

/** Words of a person, or a person's name. */
export const words = z.string().trim().min(1);

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

/** PostgreSQL cuts longer names off. */
const LONGEST_IDENTIFIER = 63;

/** A name of something in PostgreSQL. */
export const identifier = z
  .string()
  .min(1)
  .refine((name) => new TextEncoder().encode(name).length <= LONGEST_IDENTIFIER, {
    error: `expected at most ${LONGEST_IDENTIFIER} bytes: PostgreSQL cuts longer names off`,
  });

const LEADING_ZERO = /(^|:)0[0-9a-f]/;
const ZEROS_IN_A_ROW = /(^|:)0:0(:|$)/;

/**
 * An address as PostgreSQL shows it in `pg_stat_activity`, to be compared as text: no network, no name, and one of the many ways to write
 * an IPv6 address.
 */
export const clientAddress = z
  .string()
  .trim()
  .refine(
    (text) =>
      text === '[local]' ||
      z.ipv4().safeParse(text).success ||
      (z.ipv6().safeParse(text).success &&
        text === text.toLowerCase() &&
        !LEADING_ZERO.test(text) &&
        (text.includes('::') || !ZEROS_IN_A_ROW.test(text))),
    {
      error:
        'expected one address as PostgreSQL shows it in pg_stat_activity (10.0.0.7, fe80::1, or [local] for a Unix socket): networks, names and patterns match nothing',
    },
  )
  .refine((text) => !['0.0.0.0', '::'].includes(text), { error: 'is no address that a client can have' });

export const baseUrl = z
  .url({ protocol: /^https?$/, error: 'expected an http:// or https:// address' })
  .transform((text) => text.replace(/\/+$/, ''));

export const absolutePath = z.string().regex(/^\//, 'expected an absolute path');

export type SecretRef = z.output<typeof secretRef>;
export type TextOrSecret = z.output<typeof textOrSecret>;
