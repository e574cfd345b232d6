import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { pack, type Header } from 'tar-stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { backupFiles } from '../../src/adapters/files/index.ts';
import { newFolders } from '../../src/adapters/files/unpack.ts';
import { CrossfadeError } from '../../src/domain/errors/index.ts';
import type { DatabaseRef, Encrypt } from '../../src/domain/plan/index.ts';
import { bytes } from '../backup/fixture.ts';
import { CONTENT, sql } from '../freeze/fixture.ts';
import { nextRun, restore, startServers, takeBackup, type Servers, type Taken } from './fixture.ts';

// For a machine that is busy with something else.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'crossfade-unpack-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

describe('a backup', () => {
  let servers: Servers;
  let database: DatabaseRef;
  let plain: Taken;
  let sealed: Taken;
  let recipients: string[];
  let identity: string;
  beforeAll(async () => {
    servers = await startServers();
    const files = join(servers.kong.dir, 'files');
    mkdirSync(files);
    database = await servers.kong.database('3.6.1');
    await sql(database, CONTENT);
    identity = await generateIdentity();
    recipients = [await identityToRecipient(identity)];
    plain = await takeBackup(servers, database, files);
    sealed = await takeBackup(servers, database, files, { encrypt: { recipients } });
  });
  afterAll(() => servers.stop());

  const unpack = (taken: Taken, run = nextRun(), encrypt?: Encrypt) =>
    restore.unpackBackup({
      ...{ s3: servers.ref, manifestKey: taken.manifestKey, folder: dir, upgrade: run },
      ...(encrypt === undefined ? {} : { encrypt }),
    });
  const list = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.crossfade'))
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .sort();

  test('goes into a folder of its own, files with their modes; again it is done', async () => {
    const run = nextRun();
    const unpacked = await unpack(plain, run);
    expect(unpacked).toEqual({ folder: join(dir, plain.id), files: 3, remarks: [] });
    const found = list(unpacked.folder);
    expect(found).toEqual([
      'deck/default.yaml',
      expect.stringMatching(/^files\/here\/.*\/kong\.conf$/),
      'keyring.json',
    ]);
    expect(readFileSync(join(unpacked.folder, found[1] ?? ''), 'utf8')).toBe('log_level = notice\n');
    expect(modeOf(join(unpacked.folder, found[1] ?? ''))).toBe('640');
    expect(modeOf(unpacked.folder)).toBe('700');
    expect(readFileSync(join(unpacked.folder, 'keyring.json'), 'utf8')).toBe('{"keys":[]}');
    writeFileSync(join(unpacked.folder, 'keyring.json'), 'changed by a person');
    expect(await unpack(plain, run)).toEqual(unpacked);
    expect(readFileSync(join(unpacked.folder, 'keyring.json'), 'utf8')).toBe('changed by a person');
  });

  test('goes over nothing that another run has made', async () => {
    await unpack(plain);
    await expect(unpack(plain)).rejects.toMatchObject({ code: 'FolderTaken' });
    const again = { s3: servers.ref, cluster: 'payments', backup: plain.id, folder: dir, runId: 'another' };
    await expect(restore.checkBackup(again)).rejects.toMatchObject({ code: 'FolderTaken' });
  });

  test('that is encrypted: opened with the identity; without one as it is stored, and said so', async () => {
    const file = join(dir, 'identity.txt');
    writeFileSync(file, identity);
    const opened = await unpack(sealed, nextRun(), { recipients, identity: { file } });
    expect(opened.remarks).toEqual([]);
    expect(readFileSync(join(opened.folder, 'keyring.json'), 'utf8')).toBe('{"keys":[]}');
    rmSync(opened.folder, { recursive: true });

    const kept = await unpack(sealed, nextRun(), { recipients });
    expect(list(kept.folder)).toEqual(['deck/default.yaml.age', 'files/here.tar.zst.age', 'keyring.json.age']);
    expect(readFileSync(join(kept.folder, 'keyring.json.age'), 'latin1')).toMatch(/^age-encryption\.org\/v1/);
    expect(kept.remarks).toEqual([expect.stringMatching(/^still encrypted.*keyring\.json\.age/)]);
    rmSync(kept.folder, { recursive: true });

    writeFileSync(file, await generateIdentity());
    await expect(unpack(sealed, nextRun(), { recipients, identity: { file } })).rejects.toMatchObject({
      code: 'CannotDecrypt',
    });
    expect(readdirSync(join(dir, sealed.id, '..'))).toEqual([]);
  });

  test('half-done by a worker that died: begun anew, or removed', async () => {
    const run = nextRun();
    const part = join(dir, `${plain.id}.unfinished-${run.runId}`);
    mkdirSync(part, { recursive: true });
    writeFileSync(join(part, 'half'), '');
    await restore.removeUnpacked({ s3: servers.ref, manifestKey: plain.manifestKey, folder: dir, upgrade: run });
    expect(readdirSync(join(part, '..'))).toEqual([]);
    mkdirSync(part);
    const { folder } = await unpack(plain, run);
    expect(list(folder)).not.toContain('half');
  });

  test('where nothing can be made is refused beforehand', async () => {
    writeFileSync(join(dir, 'a-file'), '');
    const into = (folder: string) =>
      restore.checkBackup({ s3: servers.ref, cluster: 'payments', backup: plain.id, folder, runId: 'r' });
    expect(await into(join(dir, 'new', 'ones'))).toMatchObject({ id: plain.id });
    await expect(into('/proc/nowhere')).rejects.toMatchObject({ code: 'FolderTaken' });
    await expect(into(join(dir, 'a-file'))).rejects.toMatchObject({ code: 'FolderTaken' });
  });
});

describe('an archive', () => {
  const make = (content: AsyncIterable<Uint8Array>) =>
    newFolders.make(join(dir, 'out'), 'r', (to) => to.archive('files/here', content));

  function archiveOf(...entries: (Partial<Header> & { name: string; content?: string })[]): AsyncIterable<Uint8Array> {
    const tar = pack();
    for (const { content = '', ...header } of entries) tar.entry(header, content);
    tar.finalize();
    return tar as AsyncIterable<Uint8Array>;
  }

  test('of files, folders and links comes out as it was', async () => {
    const etc = join(dir, 'etc');
    mkdirSync(join(etc, 'closed'), { recursive: true });
    writeFileSync(join(etc, 'kong.conf'), 'a', { mode: 0o600 });
    writeFileSync(join(etc, 'closed', 'öl und "x"'), 'b', { mode: 0o444 });
    writeFileSync(join(etc, 'tool'), 'c');
    chmodSync(join(etc, 'tool'), 0o4755);
    symlinkSync('kong.conf', join(etc, 'current'));
    chmodSync(join(etc, 'closed'), 0o500);
    const { entries } = await backupFiles.find([etc], []);
    expect(await make(backupFiles.archive(entries))).toBe(3);
    const out = join(dir, 'out/files/here', etc);
    expect(readFileSync(join(out, 'closed', 'öl und "x"'), 'utf8')).toBe('b');
    expect([modeOf(join(out, 'kong.conf')), modeOf(join(out, 'closed')), modeOf(join(out, 'tool'))]).toEqual([
      '600',
      '500',
      '755',
    ]);
    expect(readlinkSync(join(out, 'current'))).toBe('kong.conf');
    chmodSync(join(out, 'closed'), 0o700);
    chmodSync(join(etc, 'closed'), 0o700);
  });

  test.each<[string, Partial<Header> & { name: string }]>([
    ['a path with ..', { name: '../../outside' }],
    ['a path with .. inside', { name: 'a/../../../outside' }],
    ['a link that leads out', { name: 'link', type: 'symlink', linkname: '../../../outside' }],
    ['an absolute link', { name: 'link', type: 'symlink', linkname: '/etc/passwd' }],
    ['a hard link', { name: 'link', type: 'link', linkname: '/etc/passwd' }],
    ['a device', { name: 'null', type: 'character-device', devmajor: 1, devminor: 3 }],
  ])('with %s is refused, and leaves nothing', async (_, entry) => {
    await expect(make(archiveOf({ name: 'first', content: 'x' }, entry))).rejects.toMatchObject({
      code: 'ArchiveUnsafe',
    });
    expect(readdirSync(dir)).toEqual([]);
  });

  test('with a file behind a link of its own, or twice the same file, leaves nothing', async () => {
    await expect(
      make(archiveOf({ name: 'a', type: 'symlink', linkname: 'b' }, { name: 'a/c', content: 'through the link' })),
    ).rejects.toMatchObject({ code: 'UnpackFailed' });
    await expect(make(archiveOf({ name: 'a', content: '1' }, { name: 'a', content: '2' }))).rejects.toMatchObject({
      code: 'UnpackFailed',
    });
    expect(readdirSync(dir)).toEqual([]);
  });

  test('with an absolute path stays inside', async () => {
    expect(await make(archiveOf({ name: '/etc/kong.conf', content: 'x' }))).toBe(1);
    expect(readFileSync(join(dir, 'out/files/here/etc/kong.conf'), 'utf8')).toBe('x');
  });

  test('that turns out to be damaged at its end leaves nothing', async () => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of archiveOf({ name: 'first', content: 'x'.repeat(5_000) })) chunks.push(chunk);
    const whole = Buffer.concat(chunks);
    const damaged = new CrossfadeError('BackupDamaged', 'another SHA-256');
    await expect(make(bytes(whole, damaged))).rejects.toBe(damaged);
    await expect(make(bytes(whole.subarray(0, 3_000), damaged))).rejects.toBe(damaged);
    await expect(make(bytes(whole.subarray(0, 3_000)))).rejects.toThrow('Unexpected end');
    await expect(make(bytes('no tar at all'.repeat(100)))).rejects.toThrow('Invalid tar');
    expect(readdirSync(dir)).toEqual([]);
  });
});
