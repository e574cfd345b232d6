import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createBackupObjects } from '../../src/adapters/backup-objects/index.ts';
import type { ObjectStore } from '../../src/adapters/object-store/port.ts';
import { secrets, store } from './fixture.ts';
import { inChunks, objects, usePacking } from './packing-fixture.ts';

const MB = 1024 * 1024;
const p = usePacking();
const { fileOf, read, write } = p;

const half = (size: number) => Buffer.concat([randomBytes(size >> 1), Buffer.alloc(size - (size >> 1), 'abc')]);

describe.each([
  { compress: false, encrypted: false, packing: [], open: 'cat' },
  { compress: true, encrypted: false, packing: ['zstd'], open: 'zstd -d' },
  { compress: false, encrypted: true, packing: ['age'], open: 'age -d -i "$1"' },
  { compress: true, encrypted: true, packing: ['zstd', 'age'], open: 'age -d -i "$1" | zstd -d' },
])('$packing', ({ compress, encrypted, packing, open }) => {
  const how = () => ({ compress, encrypt: encrypted ? p.encrypt : undefined });

  test.each([0, 1, 64 * 1024, 64 * 1024 + 1, 20 * MB])(
    '%i bytes come back, here and by a command that people type',
    async (size) => {
      const content = half(size);
      const object = await write(inChunks(content), how());
      expect(object).toMatchObject({ packing, content: size, size: readFileSync(fileOf(object)).length });
      expect((await read(object)).equals(content)).toBe(true);
      await objects.verify(p.ref, object);
      const typed = execFileSync(
        'sh',
        ['-c', `cat "$0" | ${open}`, fileOf(object), (p.encrypt.identity as { file: string }).file],
        {
          maxBuffer: 64 * MB,
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      expect(typed.equals(content)).toBe(true);
    },
  );

  test('one bit anywhere, a cut or something added: damaged, whatever it looks like', async () => {
    const object = await write(inChunks(half(200_000)), how());
    const whole = readFileSync(fileOf(object));
    const damages = [
      ...[0, 4, 25, 90, 160, 250, whole.length >> 1, whole.length - 1].map((at) => {
        const changed = Buffer.from(whole);
        changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
        return changed;
      }),
      ...[0, 3, 100, whole.length >> 1, whole.length - 1].map((end) => whole.subarray(0, end)),
      Buffer.concat([whole, Buffer.from('more')]),
    ];
    for (const damaged of damages) {
      writeFileSync(fileOf(object), damaged);
      const found = { code: 'BackupDamaged', message: expect.stringContaining(object.key) as string };
      await expect(read(object)).rejects.toMatchObject(found);
      await expect(objects.verify(p.ref, object)).rejects.toMatchObject(found);
    }
  });

  test('the source fails in the middle: its error, and nothing under the name', async () => {
    const failing = async function* () {
      yield* inChunks(randomBytes(40 * MB));
      throw new Error('the disk is gone');
    };
    const key = `failing-${open.length}`;
    await expect(write(failing(), how(), key)).rejects.toThrow('the disk is gone');
    for (const ending of ['', '.zst', '.age', '.zst.age'])
      expect(await store.head(p.ref, key + ending)).toBeUndefined();
  });

  test('who stops reading lets go of the object', async () => {
    const object = await write(inChunks(randomBytes(20 * MB)), how());
    const { watched, ended } = watch(store);
    for await (const chunk of createBackupObjects(watched, secrets).read({ s3: p.ref, encrypt: p.encrypt }, object)) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await ended;
  });

  test('a cancelled reader gets the reason of the cancellation', async () => {
    const object = await write(inChunks(randomBytes(20 * MB)), how());
    const controller = new AbortController();
    const reading = async () => {
      for await (const _ of objects.read({ s3: p.ref, encrypt: p.encrypt }, object, { signal: controller.signal }))
        controller.abort(new Error('somebody cancelled'));
    };
    await expect(reading()).rejects.toMatchObject({ name: expect.stringMatching(/Error/) as string });
    expect(controller.signal.aborted).toBe(true);
  });

  test('nothing runs ahead of a store that does not take it', async () => {
    let given = 0;
    const endless = async function* () {
      for (;;) {
        await Promise.resolve();
        given += MB;
        yield randomBytes(MB);
      }
    };
    const [taken, letGo] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const stuck: ObjectStore = {
      ...store,
      async put(_s3, _key, body) {
        for await (const _ of body) {
          taken.resolve(undefined);
          await letGo.promise;
          throw new Error('enough');
        }
        return { size: 0, sha256: '' };
      },
    };
    const writing = createBackupObjects(stuck, secrets).write(
      { s3: p.ref, encrypt: how().encrypt },
      { kind: 'files', key: 'stuck', source: 'here', compress },
      endless(),
    );
    await taken.promise;
    let before = -1;
    // Until no more flows.
    while (before !== given) {
      before = given;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(given).toBeLessThan(16 * MB);
    letGo.resolve(undefined);
    await expect(writing).rejects.toThrow('enough');
  });
});

/** Tells when a body that it gave was let go. */
function watch(from: ObjectStore): { watched: ObjectStore; ended: Promise<void> } {
  let tell = () => {};
  const ended = new Promise<void>((resolve) => (tell = resolve));
  const watched: ObjectStore = {
    ...from,
    async get(...which) {
      const body = await from.get(...which);
      return (async function* () {
        try {
          yield* body;
        } finally {
          tell();
        }
      })();
    },
  };
  return { watched, ended };
}
