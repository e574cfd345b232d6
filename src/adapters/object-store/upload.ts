import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type CreateMultipartUploadCommandInput,
  type MultipartUpload,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { S3Ref } from '../../domain/plan/index.ts';
import { notPermitted } from './errors.ts';
import { createPartBuffers, cutIntoParts, type PartBuffers, type PartPlan } from './parts.ts';
import { settingsOf } from './settings.ts';
import { createStopper, type Stopper } from './stopper.ts';
import { ifUnchanged, type Unchanged } from './unchanged.ts';

export interface NewObject {
  readonly params: ObjectParams;
  readonly unchanged: Unchanged;
}

/** What goes with an object, whether it is sent in one piece or in parts. */
export type ObjectParams = CreateMultipartUploadCommandInput & { readonly Bucket: string; readonly Key: string };

export interface UploadClients {
  readonly client: S3Client;
  /** For putting the parts together, which some servers do by copying them all. */
  readonly patient: S3Client;
}

/**
 * Sends what `body` gives: in one piece if it is smaller than a part, else in parts, several at a time. The first failure of
 * anything stops the rest at once, and aborts the upload at the server.
 */
export async function upload(
  clients: UploadClients,
  object: NewObject,
  body: AsyncIterable<Uint8Array>,
  plan: PartPlan,
  signal?: AbortSignal,
): Promise<void> {
  const buffers = createPartBuffers(plan.size);
  const parts = cutIntoParts(body, plan.size, buffers);
  const stopper = createStopper(signal);
  try {
    const { value: first = Buffer.alloc(0) } = await stopper.unlessStopped(parts.next());
    if (first.length === plan.size)
      await inParts(clients, object, { first, more: parts, buffers }, plan.inFlight, stopper);
    else
      await ifUnchanged(object.unchanged, (condition) =>
        clients.client.send(new PutObjectCommand({ ...object.params, ...condition, Body: first }), {
          abortSignal: stopper.signal,
        }),
      );
  } catch (error) {
    stopper.stop(error);
    // Ends the source. Not waited for: one that stalls would never let go.
    parts.return(undefined).catch(() => undefined);
    throw error;
  }
}

/**
 * Milliseconds for parts that are on their way when it is stopped: a server may take one after its upload was aborted, and keep it
 * for ever.
 */
const PART_GRACE = 20_000;

/** Aborts so many milliseconds after another one. */
function later(signal: AbortSignal, ms: number): AbortSignal {
  const own = new AbortController();
  const abort = () => void setTimeout(() => own.abort(signal.reason), ms).unref();
  signal.addEventListener('abort', abort, { once: true });
  return own.signal;
}

interface Parts {
  readonly first: Buffer;
  readonly more: AsyncGenerator<Buffer, undefined>;
  readonly buffers: PartBuffers;
}

async function inParts(
  { client, patient }: UploadClients,
  { params, unchanged }: NewObject,
  { first, more, buffers }: Parts,
  inFlight: number,
  stopper: Stopper,
): Promise<void> {
  const { Bucket, Key, ChecksumAlgorithm } = params;
  const abortSignal = stopper.signal;
  const begin = new CreateMultipartUploadCommand(params);
  const { UploadId } = await client.send(begin, { abortSignal }).catch(async (error: unknown) => {
    // It may have begun, and nobody knows its name.
    await abortUploads(client, Bucket, Key).catch(() => undefined);
    throw error;
  });
  const done: CompletedPart[] = [];
  const running = new Set<Promise<void>>();
  const partSignal = later(abortSignal, PART_GRACE);
  const send = async (PartNumber: number, Body: Buffer): Promise<void> => {
    const part = { Bucket, Key, UploadId, PartNumber, Body, ...(ChecksumAlgorithm && { ChecksumAlgorithm }) };
    const { ETag, ChecksumSHA256 } = await client.send(new UploadPartCommand(part), { abortSignal: partSignal });
    done.push({ PartNumber, ETag, ...(ChecksumSHA256 && { ChecksumSHA256 }) });
    buffers.giveBack(Body);
  };
  try {
    let part: Buffer | undefined = first;
    for (let number = 1; part !== undefined; number++) {
      const sending: Promise<void> = send(number, part)
        .catch(stopper.stop)
        .finally(() => running.delete(sending));
      running.add(sending);
      if (running.size >= inFlight) await stopper.unlessStopped(Promise.race(running));
      part = (await stopper.unlessStopped(more.next())).value;
    }
    await Promise.all(running);
    abortSignal.throwIfAborted();
    done.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
    const whole = { Bucket, Key, UploadId, MultipartUpload: { Parts: done } };
    await ifUnchanged(unchanged, (condition) =>
      patient.send(new CompleteMultipartUploadCommand({ ...whole, ...condition }), { abortSignal }),
    );
  } catch (error) {
    stopper.stop(error);
    await Promise.all(running);
    // Only this one: another attempt may be at work by now.
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch(() => undefined);
    throw error;
  }
}

/** Begins an upload of parts and aborts it. */
export async function tryUpload(client: S3Client, s3: S3Ref, Key: string): Promise<void> {
  const object = { Bucket: s3.bucket, Key };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...object, ...settingsOf(s3) }));
  await client.send(new AbortMultipartUploadCommand({ ...object, UploadId }));
}

/**
 * Aborts what earlier attempts have begun of this object: their parts would be kept, and paid for, for ever. Where that is not
 * permitted they are left to the bucket's own rules.
 */
export const abortUploads = (client: S3Client, bucket: string, key: string): Promise<void> =>
  abortWhere(client, bucket, key, ({ Key }) => Key === key);

/** The same for all objects below a prefix, where the upload began before that time. */
export const abortOldUploads = (client: S3Client, bucket: string, prefix: string, begunBefore: Date): Promise<void> =>
  abortWhere(client, bucket, prefix, ({ Initiated }) => Initiated !== undefined && Initiated < begunBefore);

async function abortWhere(
  client: S3Client,
  Bucket: string,
  Prefix: string,
  which: (upload: MultipartUpload) => boolean,
): Promise<void> {
  try {
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix }));
    for (const { Key, UploadId } of Uploads.filter(which))
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  } catch (error) {
    if (!notPermitted(error)) throw error;
  }
}
