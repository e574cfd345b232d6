import { generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBackupObjects, type BackupStore } from '../../src/adapters/backup-objects/index.ts';
import type { ObjectStore } from '../../src/adapters/object-store/port.ts';
import type { StoredObject } from '../../src/domain/backup.ts';
import type { Encrypt, S3Ref } from '../../src/domain/plan/index.ts';
import { parsePlan } from '../../src/domain/plan/index.ts';
import { startS3, type S3 } from '../../sandbox/servers/s3.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { secrets, store } from './fixture.ts';

const MB = 1024 * 1024;
const dir = tempFolder();
const objects = createBackupObjects(store, secrets);
let s3: S3;
let ref: S3Ref;
let identity: string;
let encrypt: Encrypt;

beforeAll(async () => {
  s3 = await startS3({ dir: join(dir, 's3'), buckets: ['backups'], secretAccessKey: 'sandbox-secret' });
  ref = {
    ...{ bucket: 'backups', prefix: '', region: s3.region, endpoint: s3.endpoint, pathStyle: true },
    ...{ accessKeyId: s3.accessKeyId, secretAccessKey: { env: 'S3_SECRET' } },
  };
  identity = await generateX25519Identity();
  encrypt = { recipients: [await identityToRecipient(identity)], identity: keyFile('key', identity) };
});
afterAll(async () => {
  await s3.stop();
  rmSync(dir, { recursive: true });
});

function keyFile(name: string, text: string): { file: string } {
  const file = join(dir, name);
  writeFileSync(file, text);
  return { file };
}
const fileOf = ({ key }: StoredObject) => join(dir, 's3/objects/backups', key);

async function* inChunks(content: Uint8Array, size = 100_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) {
    await Promise.resolve();
    yield content.subarray(at, at + size);
  }
}

let last = 0;
const write = (content: AsyncIterable<Uint8Array>, how: { compress: boolean; encrypt?: Encrypt | undefined }) =>
  objects.write(
    { s3: ref, encrypt: how.encrypt },
    { kind: 'files', key: `object-${(last += 1)}`, source: 'here', compress: how.compress },
    content,
  );
async function read(object: StoredObject, from: Partial<BackupStore> = {}, of = objects): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of of.read({ s3: ref, encrypt, ...from }, object)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const half = (size: number) => Buffer.concat([randomBytes(size >> 1), Buffer.alloc(size - (size >> 1), 'abc')]);

describe.each([
  { compress: false, encrypted: false, packing: [], open: 'cat' },
  { compress: true, encrypted: false, packing: ['zstd'], open: 'zstd -d' },
  { compress: false, encrypted: true, packing: ['age'], open: 'age -d -i "$1"' },
  { compress: true, encrypted: true, packing: ['zstd', 'age'], open: 'age -d -i "$1" | zstd -d' },
])('$packing', ({ compress, encrypted, packing, open }) => {
  const how = () => ({ compress, encrypt: encrypted ? encrypt : undefined });

  test.each([0, 1, 64 * 1024, 64 * 1024 + 1, 20 * MB])(
    '%i bytes come back, here and by a command that people type',
    async (size) => {
      const content = half(size);
      const object = await write(inChunks(content), how());
      expect(object).toMatchObject({ packing, content: size, size: readFileSync(fileOf(object)).length });
      expect((await read(object)).equals(content)).toBe(true);
      await objects.verify(ref, object);
      const typed = execFileSync('sh', ['-c', `cat "$0" | ${open}`, fileOf(object), join(dir, 'key')], {
        maxBuffer: 64 * MB,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
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
      await expect(objects.verify(ref, object)).rejects.toMatchObject(found);
    }
  });

  test('the source fails in the middle: its error, and nothing under the name', async () => {
    const failing = async function* () {
      yield* inChunks(randomBytes(40 * MB));
      throw new Error('the disk is gone');
    };
    const key = `object-${last + 1}`;
    await expect(write(failing(), how())).rejects.toThrow('the disk is gone');
    for (const ending of ['', '.zst', '.age', '.zst.age']) expect(await store.head(ref, key + ending)).toBeUndefined();
  });

  test('who stops reading lets go of the object', async () => {
    const object = await write(inChunks(randomBytes(20 * MB)), how());
    const { watched, ended } = watch(store);
    for await (const chunk of createBackupObjects(watched, secrets).read({ s3: ref, encrypt }, object)) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await ended;
  });

  test('a cancelled reader gets the reason of the cancellation', async () => {
    const object = await write(inChunks(randomBytes(20 * MB)), how());
    const controller = new AbortController();
    const reading = async () => {
      for await (const _ of objects.read({ s3: ref, encrypt }, object, { signal: controller.signal }))
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
    let letGo = () => {};
    const stuck: ObjectStore = {
      ...store,
      async put(_s3, _key, body) {
        for await (const _ of body) {
          await new Promise<void>((resolve) => (letGo = resolve));
          throw new Error('enough');
        }
        return { size: 0, sha256: '' };
      },
    };
    const writing = createBackupObjects(stuck, secrets).write(
      { s3: ref, encrypt: how().encrypt },
      { kind: 'files', key: 'stuck', source: 'here', compress },
      endless(),
    );
    let before = -1;
    while (before !== given) {
      before = given;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(given).toBeLessThan(16 * MB);
    letGo();
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

describe('identities', () => {
  const content = Buffer.from('who may read this?');
  let object: StoredObject;
  beforeAll(async () => void (object = await write(inChunks(content), { compress: true, encrypt })));

  const refused = (given: Encrypt['identity'], message: RegExp) =>
    expect(read(object, { encrypt: { ...encrypt, identity: given } })).rejects.toMatchObject({
      code: 'CannotDecrypt',
      message: expect.stringMatching(message) as string,
    });

  test('a file of age-keygen: comments, several identities, line ends of Windows', async () => {
    const others = `# created: 2026-01-01\r\n# public key: age1...\r\n${await generateX25519Identity()}\r\n\r\n${identity}\r\n`;
    expect(await read(object, { encrypt: { ...encrypt, identity: keyFile('several', others) } })).toEqual(content);
  });

  test('none: refused before anything is read', async () => {
    const never: ObjectStore = { ...store, get: () => Promise.reject(new Error('it was read')) };
    for (const from of [undefined, { recipients: encrypt.recipients }])
      await expect(read(object, { encrypt: from }, createBackupObjects(never, secrets))).rejects.toMatchObject({
        code: 'CannotDecrypt',
      });
    await objects.verify(ref, object);
  });

  test("somebody else's, none in the file, or a mistyped one, which no error quotes", async () => {
    await refused(keyFile('other', await generateX25519Identity()), /none of the recipients/);
    await refused(keyFile('empty', '# nothing here\n'), /holds no identity/);
    const mistyped = `${identity.slice(0, 30)}${identity[30] === 'Q' ? 'P' : 'Q'}${identity.slice(31)}`;
    const failed = read(object, { encrypt: { ...encrypt, identity: keyFile('mistyped', mistyped) } });
    const error = await failed.then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error).toMatchObject({ code: 'CannotDecrypt', message: expect.stringContaining('mistyped') as string });
    expect(JSON.stringify([error?.message, String(error?.cause), error?.stack])).not.toContain(mistyped.slice(0, 40));
  });

  test('each of several recipients opens it, by the command too', async () => {
    const second = await generateX25519Identity();
    const both: Encrypt = { recipients: [...encrypt.recipients, await identityToRecipient(second)] };
    const shared = await write(inChunks(content), { compress: false, encrypt: both });
    for (const one of [identity, second]) {
      const file = keyFile('one-of-two', one);
      expect(await read(shared, { encrypt: { ...both, identity: file } })).toEqual(content);
      expect(execFileSync('age', ['-d', '-i', file.file, fileOf(shared)])).toEqual(content);
    }
  });

  test('post-quantum recipients', async () => {
    const hybrid = await generateHybridIdentity();
    const plan = { recipients: [await identityToRecipient(hybrid)], identity: keyFile('hybrid', hybrid) };
    expect(plan.recipients[0]).toMatch(/^age1pq1/);
    expect(faultsOf(plan.recipients)).toEqual([]);
    const closed = await write(inChunks(content), { compress: true, encrypt: plan });
    expect(await read(closed, { encrypt: plan })).toEqual(content);
    await expect(read(closed)).rejects.toMatchObject({ code: 'CannotDecrypt' });
  });
});

const faultsOf = (recipients: readonly string[]): string[] =>
  parsePlan({ backup: { s3: { bucket: 'backups' }, encrypt: { recipients } } })
    .faults.filter(({ path }) => path.startsWith('backup.encrypt'))
    .map(({ message }) => message);

test('a mistyped recipient is a fault of the plan', () => {
  const [recipient = ''] = encrypt.recipients;
  expect(faultsOf([recipient])).toEqual([]);
  const at = 20;
  const mistyped = `${recipient.slice(0, at)}${recipient[at] === 'q' ? 'p' : 'q'}${recipient.slice(at + 1)}`;
  expect(faultsOf([mistyped, recipient.slice(0, -1), 'ssh-ed25519 AAAA', ''])).toEqual([
    expect.stringContaining('checksum'),
    expect.stringContaining('checksum'),
    expect.stringContaining('age1...'),
    expect.stringContaining('age1...'),
  ]);
});
