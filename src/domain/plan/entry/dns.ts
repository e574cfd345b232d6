import { z } from 'zod';
import { baseUrl, secretRef } from '../common.ts';
import { named, oneHost, testersByHost } from './common.ts';

/** A name in DNS; in small letters and without a dot at its end once parsed. */
export const dnsName = z
  .string()
  .regex(
    /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?\.?$/i,
    'expected a host name',
  )
  .transform((text) => text.toLowerCase().replace(/\.$/, ''));

const server = z.string().regex(/^(\[[\da-f:]+\]|[\w.-]+)(:\d{1,5})?$/i, 'expected a host, or host:port');

/** Seconds that a resolver may keep an answer, unless the plan says otherwise. */
export const DEFAULT_TTL = 30;

/** What every kind of DNS has: one name, with the addresses of each side. */
const record = {
  ...named,
  host: oneHost,
  zone: z.string().min(1),
  /** The name that clients resolve. */
  record: dnsName,
  type: z.enum(['A', 'AAAA', 'CNAME']).default('A'),
  /** What the name stands for on each side: addresses, or one name with `CNAME`. */
  x: z.array(z.string().min(1)).min(1),
  y: z.array(z.string().min(1)).min(1),
  /** Seconds that a resolver may keep an answer, from the first change on. */
  ttl: z.number().int().min(1).max(3_600).default(DEFAULT_TTL),
  /** Resolvers that are asked what clients get, `host:port`; without any, only the TTL is waited for. */
  resolvers: z.array(server).default([]),
  /** Another name in the same zone, which stands for Y as soon as Y is tested. */
  testers: testersByHost.optional(),
};

/** Weighted records of Amazon Route 53. `zone`: the id of the hosted zone. Credentials: the worker's own (environment, profile, role). */
export const route53 = z.strictObject({
  via: z.literal('route53'),
  ...record,
  region: z.string().min(1).default('us-east-1'),
  /** Another address of the API. */
  endpoint: baseUrl.optional(),
});

/** PowerDNS by its HTTP API, with LUA records (`enable-lua-records`). */
export const powerdns = z.strictObject({
  via: z.literal('powerdns'),
  ...record,
  api: baseUrl,
  key: secretRef,
  /** The id of the server in the API. */
  server: z.string().min(1).default('localhost'),
});

/**
 * Any server that takes dynamic updates (RFC 2136). Plain records have no weights: a share is made by how many addresses of each side the
 * name has.
 */
export const rfc2136 = z.strictObject({
  via: z.literal('rfc2136'),
  ...record,
  /** The primary server, `host:port`. */
  server,
  /** Signs the updates (TSIG). */
  tsig: z.strictObject({
    name: z.string().min(1),
    algorithm: z.enum(['hmac-sha256', 'hmac-sha384', 'hmac-sha512']).default('hmac-sha256'),
    secret: secretRef,
  }),
});
