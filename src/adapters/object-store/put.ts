import { DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { S3Ref } from '../../domain/plan/index.ts';
import { s3Error } from './errors.ts';
import { measure } from './measure.ts';
import { planParts } from './parts.ts';
import type { PutOptions } from './port.ts';
import { requireSettings, settingsOf } from './settings.ts';
import { asItIs } from './unchanged.ts';
import { abortUploads, upload, type UploadClients } from './upload.ts';

/** See `ObjectStore.put`. */
export async function putObject(
  clients: UploadClients,
  s3: S3Ref,
  key: string,
  source: AsyncIterable<Uint8Array>,
  options: PutOptions,
): Promise<{ size: number; sha256: string }> {
  const { client } = clients;
  const { metadata, contentType, onBytes, signal, atMost, lockMs } = options;
  const object = { Bucket: s3.bucket, Key: key };
  const settings = settingsOf(s3, lockMs);
  const params = {
    ...object,
    ...(metadata === undefined ? {} : { Metadata: { ...metadata } }),
    ...(contentType === undefined ? {} : { ContentType: contentType }),
    ...settings,
  };
  const measured = measure(source, onBytes, signal);
  let what = `to store ${key}`;
  try {
    await abortUploads(client, s3.bucket, key);
    // An attempt that was given up for dead and comes back late must not replace what the next one has stored.
    const unchanged = await asItIs(client, object);
    await upload(clients, { params, unchanged }, measured.body, planParts(atMost), signal);
    // Whoever else is at it comes too late now; and a part of a killed worker may have arrived after its upload was aborted.
    await abortUploads(client, s3.bucket, key);
    what = `to read back ${key}`;
    const written = measured.result();
    const head = await client.send(new HeadObjectCommand(object));
    if (head.ContentLength !== written.size)
      throw new Error(`it should have ${written.size} bytes and has ${head.ContentLength}`);
    await requireSettings(client, s3, key, settings, head);
    return written;
  } catch (error) {
    signal?.throwIfAborted();
    // What went wrong in the source is the caller's error, not the server's.
    const failure = measured.failure();
    if (failure !== undefined) throw failure;
    // What should have been encrypted must not stay as it is.
    if (error instanceof CrossfadeError && error.code === 'S3SettingIgnored')
      await client.send(new DeleteObjectCommand(object)).catch(() => undefined);
    throw s3Error(error, s3, what);
  }
}
