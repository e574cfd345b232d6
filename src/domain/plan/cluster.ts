import { z } from 'zod';
import { parseVersion } from '../version.ts';
import { absolutePath, baseUrl, command, identifier, secretRef, simpleName, textOrSecret } from './common.ts';

const version = z.string().refine((text) => parseVersion(text) !== undefined, 'expected a Kong version such as 3.6.1');

const environment = z.record(z.string().regex(/^[A-Z_][A-Z0-9_]*$/), textOrSecret).default({});

/** `kong` runs on the worker's own host. Nodes are not children of the worker. */
const localRunner = z.strictObject({
  on: z.literal('local'),
  /** The host whose task queue (`crossfade@<host>`) runs the commands. */
  host: simpleName,
  /** The `kong` command of this version. */
  kong: z.string().min(1).default('kong'),
  /** Environment of every `kong` command and node of this side. */
  env: environment,
});

/** The user's own commands start, stop and reload nodes, wherever they run. */
const commandRunner = z.strictObject({
  on: z.literal('command'),
  host: simpleName,
  /** Runs `kong` of this version somewhere with access to the database, e.g. `["docker","compose","exec","-T","kong-y1","kong"]`. */
  kong: command,
  env: environment,
});

export const runner = z.discriminatedUnion('on', [localRunner, commandRunner]);

const node = z.strictObject({
  name: simpleName,
  proxy: baseUrl,
  admin: baseUrl,
  /** The Status API (`status_listen`): `/status/ready` and `/metrics`. */
  status: baseUrl,
  /** local: the node's own prefix directory and, if there is one, its kong.conf. */
  prefix: absolutePath.optional(),
  conf: absolutePath.optional(),
  env: environment,
  /** command: how to start, stop (gracefully) and reload this node. */
  start: command.optional(),
  stop: command.optional(),
  reload: command.optional(),
});

/** How to talk to the Admin API of a side. */
const admin = z
  .strictObject({
    ca: absolutePath.optional(),
    cert: absolutePath.optional(),
    key: absolutePath.optional(),
    headers: z.record(z.string(), textOrSecret).default({}),
  })
  .prefault({});

/** One cluster: X (today's version) or Y (the new one). */
export const side = z.strictObject({ version, runs: runner, nodes: z.array(node).min(1), admin });

/** PostgreSQL keeps the names that begin with `pg_` for itself. */
const schemaName = z
  .string()
  .regex(
    /^(?!pg_|crossfade$)[a-zA-Z_][\w$-]{0,62}$/,
    "expected the name of the PostgreSQL schema with Kong's tables, such as public",
  );

export const database = z.strictObject({
  host: z.string().min(1),
  port: z.number().int().min(1).max(65_535).default(5432),
  name: identifier,
  /** Where Kong's tables are (`pg_schema`). Without it: the schema that Kong's role is in by itself. */
  schema: schemaName.optional(),
  user: z.string().min(1),
  password: secretRef.optional(),
  tls: z.strictObject({ ca: absolutePath.optional(), verify: z.boolean().default(true) }).optional(),
  /** May create roles and scratch databases. Without it, what is lost is said in the report. */
  admin: z.strictObject({ user: z.string().min(1), password: secretRef.optional() }).optional(),
});

export type Side = z.output<typeof side>;
export type KongNode = z.output<typeof node>;
export type Runner = z.output<typeof runner>;
export type LocalRunner = z.output<typeof localRunner>;
export type CommandRunner = z.output<typeof commandRunner>;
export type AdminAccess = z.output<typeof admin>;
export type DatabaseRef = z.output<typeof database>;
