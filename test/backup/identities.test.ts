import { generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';
import { createBackupObjects } from '../../src/adapters/backup-objects/index.ts';
import type { ObjectStore } from '../../src/adapters/object-store/port.ts';
import type { StoredObject } from '../../src/domain/backup.ts';
import { parsePlan, type Encrypt } from '../../src/domain/plan/index.ts';
import { secrets, store } from './fixture.ts';
import { inChunks, objects, usePacking } from './packing-fixture.ts';

const p = usePacking();
const { fileOf, keyFile, read, write } = p;

describe('identities', () => {
  const content = Buffer.from('who may read this?');
  let object: StoredObject;
  beforeAll(async () => void (object = await write(inChunks(content), { compress: true, encrypt: p.encrypt })));

  const refused = (given: Encrypt['identity'], message: RegExp) =>
    expect(read(object, { encrypt: { ...p.encrypt, identity: given } })).rejects.toMatchObject({
      code: 'CannotDecrypt',
      message: expect.stringMatching(message) as string,
    });

  test('a file of age-keygen: comments, several identities, line ends of Windows', async () => {
    const others = `# created: 2026-01-01\r\n# public key: age1...\r\n${await generateX25519Identity()}\r\n\r\n${p.identity}\r\n`;
    expect(await read(object, { encrypt: { ...p.encrypt, identity: keyFile('several', others) } })).toEqual(content);
  });

  test('none: refused before anything is read', async () => {
    const never: ObjectStore = { ...store, get: () => Promise.reject(new Error('it was read')) };
    for (const from of [undefined, { recipients: p.encrypt.recipients }])
      await expect(read(object, { encrypt: from }, createBackupObjects(never, secrets))).rejects.toMatchObject({
        code: 'CannotDecrypt',
      });
    await objects.verify(p.ref, object);
  });

  test("somebody else's, none in the file, or a mistyped one, which no error quotes", async () => {
    await refused(keyFile('other', await generateX25519Identity()), /none of the recipients/);
    await refused(keyFile('empty', '# nothing here\n'), /holds no identity/);
    const mistyped = `${p.identity.slice(0, 30)}${p.identity[30] === 'Q' ? 'P' : 'Q'}${p.identity.slice(31)}`;
    const failed = read(object, { encrypt: { ...p.encrypt, identity: keyFile('mistyped', mistyped) } });
    const error = await failed.then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error).toMatchObject({ code: 'CannotDecrypt', message: expect.stringContaining('mistyped') as string });
    expect(JSON.stringify([error?.message, String(error?.cause), error?.stack])).not.toContain(mistyped.slice(0, 40));
  });

  test('each of several recipients opens it, by the command too', async () => {
    const second = await generateX25519Identity();
    const both: Encrypt = { recipients: [...p.encrypt.recipients, await identityToRecipient(second)] };
    const shared = await write(inChunks(content), { compress: false, encrypt: both });
    for (const one of [p.identity, second]) {
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
    .faults.filter(({ path }) => path.startsWith('backup.encrypt.recipients'))
    .map(({ message }) => message);

test('a mistyped recipient is a fault of the plan', () => {
  const [recipient = ''] = p.encrypt.recipients;
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
