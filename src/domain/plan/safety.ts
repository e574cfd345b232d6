import { z } from 'zod';
import { clientAddress, command, duration, simpleName, textOrSecret, words } from './common.ts';

/** Paths that Kong does not advise for blue-green must be accepted by name, with a reason that is recorded. */
export const path = z
  .strictObject({ accept: z.enum(['patch', 'minor', 'lts', 'major', 'skips-minors']), reason: words })
  .optional();

/** A rehearsal in staging, read back and checked; or a waiver with a name and a reason. */
export const rehearsed = z.union(
  [z.strictObject({ workflow: words }), z.strictObject({ waiver: z.strictObject({ by: words, reason: words }) })],
  'expected { "workflow": "kong/<cluster>" } of a rehearsal, or { "waiver": { "by", "reason" } }',
);

export const freeze = z
  .strictObject({
    guard: z.literal('database').default('database'),
    /** No configuration write for this long before the guard is installed, so that no bulk writer is cut in the middle. */
    quiet: duration.prefault('30s'),
    /** How long to wait for that quiet moment. */
    quietWithin: duration.prefault('10m'),
    /** After this long the upgrade alerts and holds. */
    limit: duration.prefault('8h'),
    /** The user's own ways to stop and resume updates, on top of the guard. */
    before: z.array(command).default([]),
    after: z.array(command).default([]),
    /** Writers that are known by their tag on entities, and that do not write during the upgrade: why not. */
    idleWriters: z.array(z.strictObject({ tag: words, reason: words })).default([]),
  })
  .prefault({});

export const migrations = z
  .strictObject({
    /** Dangers of this pair of versions that are known and accepted by name, with a reason that is recorded. */
    accept: z.array(z.strictObject({ risk: words, reason: words })).default([]),
    /** One node of X is restarted after `up` and tested, where X has more than one. */
    restartX: z.boolean().default(true),
    /** The first node of Y is restarted after `finish`, where the others are reloaded. */
    restartY: z.boolean().default(false),
  })
  .prefault({});

/** How the sessions of X and Y in PostgreSQL are told apart. */
export const sessions = z
  .strictObject({
    /** Y logs on by a role of its own; where `database.admin` may make one and Y's runner is local. */
    ownRoleForY: z.boolean().default(true),
    /** X's role can't log on from just before `finish` until the upgrade has ended. */
    lockOutX: z.boolean().default(false),
    /** Addresses, as PostgreSQL shows them, of clients that are no nodes and may stay connected. */
    otherClients: z.array(clientAddress).default([]),
  })
  .prefault({});

/** A declared HTTP request and what must come back. Its consumer must exist before the freeze. */
const httpTest = z.strictObject({
  name: words,
  method: z.enum(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
  path: z.string().regex(/^\//, 'expected a path'),
  headers: z.record(z.string(), textOrSecret).default({}),
  body: z.string().optional(),
  expect: z.strictObject({
    status: z.number().int().min(100).max(599),
    headers: z.record(z.string(), z.string()).default({}),
    /** Text that the body must contain. */
    body: z.string().optional(),
  }),
});

export const stage = z
  .strictObject({
    tests: z.array(httpTest).default([]),
    /** The same request to X and to Y; status, chosen headers and body must be equal. Safe methods only. */
    compare: z
      .array(
        z.strictObject({
          method: z.enum(['GET', 'HEAD', 'OPTIONS']).default('GET'),
          path: z.string().regex(/^\//, 'expected a path'),
          headers: z.record(z.string(), textOrSecret).default({}),
          /** JSON fields of the body that may differ. */
          ignore: z.array(z.string()).default([]),
        }),
      )
      .default([]),
  })
  .prefault({});

export const gate = z.strictObject({
  /** Who may approve; empty means anybody. Whoever started the upgrade never counts. */
  approvers: z.array(words).default([]),
  quorum: z.number().int().min(1).default(1),
  expires: duration.prefault('24h'),
});

export const onFailure = z
  .strictObject({ then: z.enum(['hold', 'unwind']).default('hold'), expires: duration.prefault('24h') })
  .prefault({});

export const cluster = simpleName;

export type Gate = z.output<typeof gate>;
export type HttpTest = z.output<typeof httpTest>;
export type MigrationsPlan = z.output<typeof migrations>;
export type SessionsPlan = z.output<typeof sessions>;
export type FreezePlan = z.output<typeof freeze>;
export type StagePlan = z.output<typeof stage>;
