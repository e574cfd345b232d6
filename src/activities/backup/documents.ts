import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ObjectStore } from '../../adapters/object-store/port.ts';
import type { BackupManifest, DumpFacts } from '../../domain/backup.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { S3Ref } from '../../domain/plan/index.ts';

const setting = z.object({ role: z.string().exactOptional(), name: z.string(), value: z.string() });
const rightsOn = z.object({
  on: z.string(),
  to: z.array(
    z.object({
      role: z.string().exactOptional(),
      rights: z.array(z.string().regex(/^[A-Z ]+$/)),
      grantable: z.boolean(),
    }),
  ),
});

const dumpFacts = z.object({
  database: z.string(),
  owner: z.string(),
  tablesOwner: z.string(),
  locale: z.object({
    encoding: z.string(),
    collate: z.string(),
    ctype: z.string(),
    icu: z.string().exactOptional(),
  }),
  bytes: z.number(),
  migrations: z.object({ executed: z.array(z.string()), pending: z.array(z.string()) }),
  settings: z.array(setting),
  rights: z.array(rightsOn),
  owners: z
    .array(z.object({ on: z.string(), owner: z.string(), definer: z.literal(true).exactOptional() }))
    .exactOptional(),
  connectionLimit: z.number().exactOptional(),
  comment: z.string().exactOptional(),
  extensions: z.array(z.object({ name: z.string(), schema: z.string() })).exactOptional(),
  server: z.string(),
  program: z.string(),
  fingerprint: z.string(),
  rows: z.record(z.string(), z.number()),
  leftOut: z.array(z.string()),
  takenAt: z.string(),
});

const manifest = z.object({
  format: z.literal(1),
  cluster: z.string(),
  workflowId: z.string(),
  runId: z.string(),
  label: z.enum(['before', 'before-finish']),
  startedAt: z.iso.datetime(),
  takenAt: z.iso.datetime(),
  versions: z.record(z.string(), z.string()),
  recipients: z.array(z.string()).optional(),
  objects: z.array(
    z.object({
      kind: z.enum(['database', 'deck', 'keyring', 'files']),
      key: z.string(),
      size: z.number(),
      sha256: z.string(),
      content: z.number(),
      packing: z.array(z.enum(['zstd', 'age'])),
      source: z.string(),
    }),
  ),
  database: dumpFacts.optional(),
  notListed: z.string().optional(),
});

const textOf = (document: object): string => `${JSON.stringify(document, undefined, 2)}\n`;

/** A document as it is stored: with the SHA-256 of the rest of it, since nothing else says whether a byte of it was changed. */
export const withChecksum = (document: object): string =>
  textOf({ ...document, checksum: createHash('sha256').update(textOf(document)).digest('hex') });

/** Stores a document and reads it back. Error `BackupDamaged`. */
export async function writeJson(store: ObjectStore, s3: S3Ref, key: string, document: object): Promise<void> {
  const text = withChecksum(document);
  await store.put(s3, key, oneChunk(text), { contentType: 'application/json' });
  if ((await readText(store, s3, key)) !== text)
    throw new CrossfadeError('BackupDamaged', `${key} was stored and reads back differently.`);
}

export const readDumpFacts = (store: ObjectStore, s3: S3Ref, key: string): Promise<DumpFacts> =>
  readJson(store, s3, key, dumpFacts);

/** Errors `ObjectMissing`, `BackupDamaged`. */
export const readManifest = async (store: Pick<ObjectStore, 'get'>, s3: S3Ref, key: string): Promise<BackupManifest> =>
  (await readJson(store, s3, key, manifest)) as BackupManifest;

async function readJson<T>(store: Pick<ObjectStore, 'get'>, s3: S3Ref, key: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readText(store, s3, key);
  try {
    const { checksum: _, ...document } = JSON.parse(text) as Record<string, unknown>;
    if (withChecksum(document) !== text) throw new Error('Its checksum is another one.');
    return schema.parse(document);
  } catch (cause) {
    throw new CrossfadeError('BackupDamaged', `${key} is not what was written there.`, { cause });
  }
}

async function readText(store: Pick<ObjectStore, 'get'>, s3: S3Ref, key: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await store.get(s3, key)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** A text as the content of an object. */
export async function* oneChunk(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
