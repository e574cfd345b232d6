import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createPartBuffers, cutIntoParts, planParts } from '../../src/adapters/object-store/parts.ts';
import { bytes, listKeys, MB, readObject, startServer, store, type S3Server } from './s3-fixture.ts';

let server: S3Server;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server.stop());

test('small, empty and large objects come back as they went', async () => {
  const { ref } = server;
  const large = Buffer.alloc(40 * MB);
  for (let at = 0; at < large.length; at += 4_096) large.writeUInt32LE(at, at);
  for (const [key, body] of [
    ['a/small', 'hello'],
    ['a/empty', ''],
    ['a/large', large],
    ['a/whole', large.subarray(0, 16 * MB)],
  ] as const) {
    const whole = Buffer.from(body as string);
    const seen: number[] = [];
    const stored = await store.put(ref, key, bytes(whole.subarray(0, 3), whole.subarray(3)), {
      onBytes: (n) => seen.push(n),
    });
    expect(stored).toEqual({ size: whole.length, sha256: createHash('sha256').update(whole).digest('hex') });
    expect(seen.at(-1)).toBe(whole.length);
    expect((await readObject(ref, key)).equals(whole)).toBe(true);
  }
  expect(await server.unfinished()).toEqual([]);
});

test('the size of parts follows what is expected, and memory stays within bounds', () => {
  expect(planParts()).toEqual({ size: 16 * MB, inFlight: 4 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5 * MB * MB }), (atMost) => {
      const { size, inFlight } = planParts(atMost);
      expect(size * 10_000).toBeGreaterThanOrEqual(atMost);
      expect(inFlight).toBeGreaterThanOrEqual(2);
      expect(size * inFlight).toBeLessThanOrEqual(Math.max(64 * MB, 2 * size));
    }),
  );
});

test('an upload uses the memory of a few parts, however large it is', async () => {
  const allocate = vi.spyOn(Buffer, 'allocUnsafeSlow');
  const block = Buffer.alloc(MB);
  await store.put(server.ref, 'a/large', bytes(...Array.from({ length: 300 }, () => block)));
  expect(allocate.mock.calls.filter(([size]) => size === 16 * MB).length).toBeLessThanOrEqual(5);
  allocate.mockRestore();
});

test('whatever the chunks, the parts are the same bytes, each of full size but the last', async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(chunks, fc.integer({ min: 1, max: 16 }), async (given, size) => {
      const parts: Buffer[] = [];
      for await (const part of cutIntoParts(bytes(...given), size, createPartBuffers(size))) parts.push(part);
      expect(Buffer.concat(parts).equals(Buffer.concat(given))).toBe(true);
      expect(parts.slice(0, -1).every((part) => part.length === size)).toBe(true);
      expect(parts.length).toBe(Math.ceil(Buffer.concat(given).length / size));
    }),
  );
});

test('a source that fails stores nothing, small or in parts, and leaves no parts; an older object stays', async () => {
  const { ref } = server;
  await store.put(ref, 'kept', bytes('old'));
  const broke = new Error('source broke');
  await expect(store.put(ref, 'kept', bytes('new', broke))).rejects.toBe(broke);
  const big = Buffer.alloc(20 * MB, 'x');
  await expect(store.put(ref, 'kept', bytes(big, big, broke))).rejects.toBe(broke);
  expect((await readObject(ref, 'kept')).toString()).toBe('old');
  expect(await server.unfinished()).toEqual([]);
});

test("parts that a killed worker left are removed by the next attempt, and nobody else's", async () => {
  await server.admin(async (client) => {
    for (const Key of ['left', 'left-alone']) {
      const upload = { Bucket: 'backups', Key };
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(upload));
      await client.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: Buffer.alloc(5 * MB) }));
    }
  });
  await store.put(server.ref, 'left', bytes('whole'));
  expect(await server.unfinished()).toEqual(['left-alone']);
});

test('an upload that is cancelled ends with the reason, also while nothing comes, and leaves nothing', async () => {
  const controller = new AbortController();
  async function* stalling(): AsyncGenerator<Uint8Array> {
    for (let n = 0; n < 40; n++) yield Buffer.alloc(MB);
    controller.abort(new Error('somebody cancelled'));
    await new Promise(() => undefined);
  }
  const put = store.put(server.ref, 'cancelled', stalling(), { signal: controller.signal });
  await expect(put).rejects.toThrow('somebody cancelled');
  expect(await store.head(server.ref, 'cancelled')).toBeUndefined();
  expect(await server.unfinished()).not.toContain('cancelled');
});

test('a listing has every object, over several pages, and nothing beside its prefix', async () => {
  const folder = join(server.objects, 'backups/many/below');
  mkdirSync(folder, { recursive: true });
  const names = Array.from({ length: 1_203 }, (_, n) => `many/below/${String(n).padStart(5, '0')}`);
  for (const name of names) writeFileSync(join(server.objects, 'backups', name), 'x');
  await store.put(server.ref, 'many-more', bytes('beside'));
  expect(await listKeys(server.ref, 'many/')).toEqual(names);
  const first = (await store.list(server.ref, 'many/')[Symbol.asyncIterator]().next()).value;
  expect(first).toEqual({ key: names[0], size: 1, modified: expect.stringMatching(/^\d{4}-.*Z$/) as string });
});

test('what is removed is gone; what never was counts as removed', async () => {
  await store.put(server.ref, 'gone/a', bytes('a'));
  await store.put(server.ref, 'gone/b', bytes('b'));
  expect(await store.remove(server.ref, ['gone/a', 'gone/never'])).toEqual([]);
  expect(await listKeys(server.ref, 'gone/')).toEqual(['gone/b']);
});
