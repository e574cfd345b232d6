import { z } from 'zod';
import { recipientFault } from './age-recipient.ts';
import { database } from './cluster.ts';
import { absolutePath, baseUrl, command, identifier, secretRef, textOrSecret, words } from './common.ts';

const s3 = z.strictObject({
  bucket: z.string().min(3),
  prefix: z.string().default('crossfade'),
  region: z.string().default('us-east-1'),
  /** Another server than AWS. */
  endpoint: baseUrl.optional(),
  pathStyle: z.boolean().default(false),
  accessKeyId: textOrSecret.optional(),
  secretAccessKey: secretRef.optional(),
  /** Encryption by the server: `AES256` with keys of S3's own (SSE-S3), or with a key of KMS. */
  encryption: z
    .union([z.literal('AES256'), z.strictObject({ kms: words })], 'expected "AES256", or { "kms": "<key id>" }')
    .optional(),
  /** Object lock: nobody can delete or change an object before so many days have passed. */
  lock: z
    .strictObject({ mode: z.enum(['governance', 'compliance']), days: z.number().int().min(1).max(36_500) })
    .optional(),
  /** Of every object. */
  tags: z.record(z.string().min(1).max(128), z.string().max(256)).optional(),
});

const recipient = z.string().superRefine((text, context) => {
  const message = recipientFault(text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

/** Encryption before anything leaves the worker, with age: whoever has an identity opens the objects with `age -d`. */
const encrypt = z.strictObject({
  recipients: z.array(recipient).min(1),
  /** An identity of one of the recipients (`AGE-SECRET-KEY-1...`): without it nothing can be restored for a test. */
  identity: secretRef.optional(),
});

const paths = z.array(absolutePath);

/** Static files, by path or glob: one list for the hosts of both sides, or a list for each. */
const files = z
  .union(
    [paths.transform((both) => ({ x: both, y: both })), z.strictObject({ x: paths.default([]), y: paths.default([]) })],
    'expected a list of absolute paths, or { "x": [...], "y": [...] }',
  )
  .prefault([]);

export const backup = z.strictObject({
  s3,
  encrypt: encrypt.optional(),
  /** The `deck` command, or `false` where decK is not used. */
  deck: z
    .union(
      [
        z.literal(false),
        z.strictObject({
          command: command.prefault(['deck']),
          /** With the ids of entities: without them a sync makes new ones. */
          ids: z.boolean().default(true),
          /** With the values that are Kong's defaults. */
          defaults: z.boolean().default(true),
        }),
      ],
      'expected false, or { "command", "ids", "defaults" }',
    )
    .prefault({}),
  files,
  /** Tables that only hold counters, whose rows are not worth their time: schema kept, rows left out. */
  leaveOut: z.array(identifier).default([]),
  /** The dump is restored into a scratch database, on the same server or on another one. */
  restoreDrill: z
    .union([z.boolean(), z.strictObject({ on: database })], 'expected true, false, or { "on": <a database server> }')
    .default(true),
  /** The database is dumped once more just before `finish`. */
  beforeFinish: z.boolean().default(true),
  /** Older backups of this cluster are removed when an upgrade has ended; without it none ever is. */
  retention: z
    .strictObject({
      /** Only what is older. */
      days: z.number().int().min(1).max(36_500),
      /** So many of the newest stay, however old they are. */
      atLeast: z.number().int().min(1).default(3),
    })
    .optional(),
});

export type BackupPlan = z.output<typeof backup>;
export type S3Ref = z.output<typeof s3>;
export type Encrypt = z.output<typeof encrypt>;
export type Retention = NonNullable<BackupPlan['retention']>;
