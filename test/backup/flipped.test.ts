import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readManifest } from '../../src/activities/backup/documents.ts';
import { backupKeys, type BackupKind, type StoredObject } from '../../src/domain/backup.ts';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { CONTENT, fingerprints, sql, upgrade } from '../freeze/fixture.ts';
import { backupActivities, bytes, realDeps, startServers, store, type Servers } from './fixture.ts';

let servers: Servers;
let database: DatabaseRef;
let objects: StoredObject[];
const backup = backupActivities();
const me = upgrade();

beforeAll(async () => {
  servers = await startServers();
  database = await servers.kong.database('3.6.1');
  await sql(database, CONTENT);
  const conf = join(servers.kong.dir, 'kong.conf');
  writeFileSync(conf, 'database = postgres\n'.repeat(100));
  const target = { s3: servers.ref, upgrade: me, label: 'before' } as const;
  const keys = backupKeys(servers.ref.prefix, me, 'before');
  const write = (kind: BackupKind, key: string, text: string) =>
    realDeps.objects.write({ s3: servers.ref }, { kind, key, source: 'kong', compress: false }, bytes(text));
  objects = [
    await backup.dumpDatabase({ ...target, database, leaveOut: [] }),
    await write('deck', keys.deck('default'), '_format_version: "3.0"\nservices: []\n'),
    await write('keyring', keys.keyring, JSON.stringify({ keys: ['k1'] })),
    (await backup.storeFiles({ ...target, host: 'gw-1', files: [conf], prefixes: [] })) as StoredObject,
  ];
});
afterAll(() => servers.stop());

const seal = async () =>
  backup.sealBackup({
    ...{ s3: servers.ref, upgrade: me, label: 'before', objects, versions: { x: '3.6.1' }, startedAt: me.startedAt },
    fingerprint: (await fingerprints.compute(database)).whole,
  });

/** Changes one bit of an object, which is a file of the S3 server, while `look` looks at it. */
async function flipped(key: string, where: number, look: () => Promise<void>): Promise<void> {
  const file = join(servers.kong.dir, 's3/objects/backups', key);
  const whole = readFileSync(file);
  const at = Math.floor((whole.length - 1) * where);
  const changed = Buffer.from(whole);
  changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
  writeFileSync(file, changed);
  await look();
  writeFileSync(file, whole);
}

const EVERYWHERE = [0, 0.3, 0.5, 0.8, 1];

const damaged = (key: string) => ({ code: 'BackupDamaged', message: expect.stringContaining(key) as string });

test('one flipped bit in any object, wherever it is, is found before the manifest is written', async () => {
  const { facts, manifest } = backupKeys(servers.ref.prefix, me, 'before');
  const keys = [...objects.map(({ key }) => key), facts];
  expect(keys).toHaveLength(5);
  for (const key of keys)
    for (const where of EVERYWHERE)
      await flipped(key, where, async () => {
        await expect(seal(), `${key} at ${where}`).rejects.toMatchObject(damaged(key));
      });
  expect(await store.head(servers.ref, manifest)).toBeUndefined();
  expect(await seal()).toMatchObject({ verified: true, objects: 4 });
});

test('one that is flipped afterwards, in the dump or in the manifest, is found by the drill', async () => {
  const sealed = await seal();
  const drill = () => backup.drillRestore({ database, s3: servers.ref, upgrade: me, backup: sealed });
  for (const key of [sealed.manifestKey, objects[0]?.key ?? ''])
    for (const where of EVERYWHERE)
      await flipped(key, where, async () => {
        await expect(drill(), `${key} at ${where}`).rejects.toMatchObject(damaged(key));
      });
  expect(await drill()).toMatchObject({ restored: true });
});

test('every byte of a manifest counts', async () => {
  const { manifestKey } = await seal();
  const whole = readFileSync(join(servers.kong.dir, 's3/objects/backups', manifestKey));
  const read = (text: Buffer) => readManifest({ get: () => Promise.resolve(bytes(text)) }, servers.ref, manifestKey);
  expect(await read(whole)).toMatchObject({ label: 'before' });
  for (let at = 0; at < whole.length; at++) {
    const changed = Buffer.from(whole);
    changed.writeUInt8(changed.readUInt8(at) ^ (1 << (at % 8)), at);
    await expect(read(changed), `byte ${at}`).rejects.toMatchObject({ code: 'BackupDamaged' });
  }
});
