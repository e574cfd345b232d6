import { createHash } from 'node:crypto';
import { CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bytes, listKeys, MB, readObject, startServer, store, type S3Server } from './s3-fixture.ts';

let server: S3Server;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server.stop());

const BLOCK = Buffer.alloc(MB, 'block');

/** So many megabytes; something happens once so many have been asked for. */
async function* source(size: number, at: number, happens: () => Promise<void>): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < size; n++) {
    if (n === at) await happens();
    yield BLOCK;
  }
}

const kill = async (): Promise<void> => {
  process.kill(server.s3.process.pid, 'SIGKILL');
  await server.s3.stop();
};

test.each([
  ['the first part is on its way', 17],
  ['several parts are on their way', 100],
])(
  'the server is killed while %s: it ends at once, the older object stays, the next attempt stores one',
  async (_, at) => {
    const { ref } = server;
    const key = `killed/${at}`;
    await store.put(ref, key, bytes('older'));
    let read = 0;
    const put = store.put(ref, key, source(2_000, at, kill), { onBytes: (n) => (read = n) });
    await expect(put).rejects.toMatchObject({ code: 'S3Unreachable', kind: { retryable: true } });
    expect(read).toBeLessThan((at + 100) * MB);

    await server.s3.start();
    expect((await readObject(ref, key)).toString()).toBe('older');
    expect(await server.unfinished()).toEqual([key]);
    const stored = await store.put(ref, key, source(50, -1, kill));
    const found = await readObject(ref, key);
    expect(stored).toEqual({ size: 50 * MB, sha256: createHash('sha256').update(found).digest('hex') });
    expect(found.equals(Buffer.concat(Array.from({ length: 50 }, () => BLOCK)))).toBe(true);
    expect(await listKeys(ref, 'killed/')).toContain(key);
    expect(await server.unfinished()).toEqual([]);
  },
);

test('somebody aborts the upload under it: it is tried again, and nothing of it stays', async () => {
  const { ref } = server;
  const abort = async () => void (await store.put(ref, 'aborted', bytes('of another attempt')));
  await expect(store.put(ref, 'aborted', source(200, 60, abort))).rejects.toMatchObject({ kind: { retryable: true } });
  expect((await readObject(ref, 'aborted')).toString()).toBe('of another attempt');
  expect(await server.unfinished()).toEqual([]);
});

test('an upload that a dead worker left is found by its key among many others', async () => {
  const names = ['dump', ...Array.from({ length: 30 }, (_, n) => `dump-${n}`)];
  await server.admin(async (client) => {
    for (const name of names) {
      const upload = { Bucket: 'backups', Key: `left/${name}` };
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(upload));
      await client.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: BLOCK }));
    }
  });
  await store.put(server.ref, 'left/dump', bytes('whole'));
  expect(await server.unfinished()).toEqual(
    names
      .slice(1)
      .map((name) => `left/${name}`)
      .sort(),
  );
});

test('uploads that nobody tried again go by their age, below their prefix only', async () => {
  const begun = ['crossfade/payments/a', 'crossfade/orders/a'];
  await server.admin(async (client) => {
    for (const Key of begun) await client.send(new CreateMultipartUploadCommand({ Bucket: 'backups', Key }));
  });
  const prefix = 'crossfade/payments/';
  await store.abortOldUploads(server.ref, prefix, new Date(Date.now() - 3_600_000));
  expect(await server.unfinished()).toEqual(expect.arrayContaining(begun));
  await store.abortOldUploads(server.ref, prefix, new Date(Date.now() + 60_000));
  expect((await server.unfinished()).filter((key) => key.startsWith('crossfade/'))).toEqual(['crossfade/orders/a']);
});
