import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { backupFiles, type FoundEntry } from '../../src/adapters/files/index.ts';
import { untar } from '../../src/adapters/files/untar.ts';
import type { StoredObject } from '../../src/domain/backup.ts';
import type { Encrypt } from '../../src/domain/plan/index.ts';
import { upgrade } from '../freeze/fixture.ts';
import { backupActivities, realDeps, startServers, type Servers } from './fixture.ts';

const MB = 1024 * 1024;

let servers: Servers;
let dir: string;
let count = 0;
const backup = backupActivities();

beforeAll(async () => {
  servers = await startServers();
});
afterAll(async () => {
  await servers.stop();
});
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'crossfade-files-')));
  return () => rmSync(dir, { recursive: true });
});

const at = (...path: string[]) => join(dir, ...path);
const put = (path: string, content: string | Buffer = `content of ${path}`) => {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), content);
  return at(path);
};

interface Asked {
  readonly files?: string[];
  readonly prefixes?: string[];
  readonly encrypt?: Encrypt;
}

const storeFiles = ({ files = [], prefixes = [], encrypt }: Asked) =>
  backup.storeFiles({
    ...{ host: 'gw-1', files, prefixes, s3: servers.ref, label: 'before', upgrade: upgrade(`run-${(count += 1)}`) },
    ...(encrypt === undefined ? {} : { encrypt }),
  });

/** Unpacks what was stored with the system's own tar, and returns the folder that stands for `/`. */
async function unpack(object: StoredObject | undefined, encrypt?: Encrypt): Promise<string> {
  if (object === undefined) throw new Error('nothing was stored');
  const tar = at(`unpacked-${(count += 1)}.tar`);
  await writeFile(tar, realDeps.objects.read({ s3: servers.ref, encrypt }, object));
  const folder = tar.replace(/\.tar$/, '');
  mkdirSync(folder);
  execFileSync('tar', ['-x', '-p', '--numeric-owner', '-f', tar, '-C', folder]);
  return folder;
}

test('content, mode, owner and time come back; a name of 150 bytes, one with other letters, an empty file', async () => {
  const conf = put('kong.conf', 'database = postgres\n');
  chmodSync(conf, 0o640);
  utimesSync(conf, 1_600_000_000, 1_600_000_000);
  const long = put(`${'n'.repeat(60)}/${'m'.repeat(90)}.conf`);
  const longest = put(`${'o'.repeat(200)}.conf`);
  const other = put('größe/名前 [1].conf', 'Ω');
  const empty = put('empty.conf', '');
  const object = await storeFiles({ files: [conf, long, longest, other, empty, conf] });
  expect(object).toMatchObject({ kind: 'files', source: 'gw-1', packing: ['zstd'] });
  expect(object?.key).toMatch(/\/before\/files\/gw-1\.tar\.zst$/);

  const root = await unpack(object);
  for (const path of [conf, long, longest, other, empty]) {
    expect(readFileSync(root + path)).toEqual(readFileSync(path));
    const [there, here] = [lstatSync(root + path), lstatSync(path)];
    expect([there.mode, there.uid, there.gid]).toEqual([here.mode, here.uid, here.gid]);
  }
  expect(lstatSync(root + conf).mtimeMs).toBe(1_600_000_000_000);
});

test('a folder means everything below it; what is no file is passed over there', async () => {
  put('plugins/a/handler.lua');
  put('plugins/a/schema.lua');
  mkdirSync(at('plugins/empty'));
  chmodSync(at('plugins/empty'), 0o711);
  execFileSync('mkfifo', [at('plugins/pipe')]);
  const socket = createServer().listen(at('plugins/socket'));
  const root = await unpack(await storeFiles({ files: [at('plugins')] }));
  socket.close();
  expect(listing(root + at('plugins'))).toEqual(['a', 'a/handler.lua', 'a/schema.lua', 'empty']);
  expect(lstatSync(root + at('plugins/empty')).mode & 0o777).toBe(0o711);
});

const listing = (folder: string) =>
  execFileSync('find', ['.', '-mindepth', '1', '-printf', '%P\\n'], { cwd: folder, encoding: 'utf8' })
    .trim()
    .split('\n')
    .sort();

test('folders come with mode, owner and time, those that nobody may enter too, and so do files; by hand and by a restore', async () => {
  const time = 1_600_000_000;
  const paths = ['conf', 'conf/private', 'conf/private/closed', 'conf/private/closed/file', 'conf/private/key'].map(
    (path) => at(path),
  );
  const [conf, personal, closed, file, key] = paths as [string, string, string, string, string];
  put('conf/private/closed/file');
  put('conf/private/key');
  // Who is not root reads nothing that is closed, and gives nothing away.
  const root = process.getuid?.() === 0;
  const modes = root ? [0o750, 0o700, 0, 0, 0o400] : [0o750, 0o700, 0o711, 0o600, 0o400];
  const [user, group] = root ? [12, 34] : [lstatSync(conf).uid, lstatSync(conf).gid];
  paths.forEach((path, index) => chmodSync(path, modes[index] ?? 0));
  for (const path of [key, file, closed, personal, conf]) {
    chownSync(path, user, group);
    utimesSync(path, time, time);
  }
  const object = await storeFiles({ files: [conf] });
  const byHand = await unpack(object);
  const restored = at('restored');
  await untar(realDeps.objects.read({ s3: servers.ref, encrypt: undefined }, object!), restored);
  for (const folder of [byHand, restored])
    paths.forEach((path, index) => {
      const { mode, uid, gid, mtimeMs } = lstatSync(folder + path);
      expect([path, mode & 0o7777, uid, gid, mtimeMs]).toEqual([path, modes[index], user, group, time * 1000]);
    });
});

test.each([
  ['a file', (path: Buffer) => writeFileSync(path, '')],
  ['a folder', (path: Buffer) => mkdirSync(path)],
  ['a link', (path: Buffer) => symlinkSync('a.conf', path)],
])('%s whose name is not UTF-8 is told as that, below a folder or found by a pattern', async (_, make) => {
  put('conf/a.conf');
  make(Buffer.concat([Buffer.from(at('conf/bad')), Buffer.from([0xff, 0xfe]), Buffer.from('.conf')]));
  const failed = (...files: string[]) => storeFiles({ files }).catch((error: unknown) => error);
  expect(await failed(at('conf'))).toMatchObject({
    ...{ code: 'FilesMissing', kind: { retryable: false } },
    message: `Can't be backed up on gw-1: ${at('conf')} (the name of ${at('conf/bad')}\\xff\\xfe.conf is not valid UTF-8 and can't be stored: rename it, or leave it out).`,
  });
  const byPattern = (await failed(at('conf/*.conf'))) as Error;
  expect(byPattern.message).toContain("is not valid UTF-8 and can't be stored: rename it, or leave it out");
  expect(byPattern.message).not.toContain('not there');
});

test('a link that points to a name that is not UTF-8 is told, and not stored as another one', async () => {
  put('conf/a.conf');
  symlinkSync(Buffer.from([0x62, 0xff]), at('conf/link'));
  expect(await storeFiles({ files: [at('conf')] }).catch((error: unknown) => error)).toMatchObject({
    code: 'FilesMissing',
    message: expect.stringContaining(
      `what the link ${at('conf/link')} points to, b\\xff, is not valid UTF-8`,
    ) as string,
  });
});

test('a link comes with what it points to, and leads to it below the folder that the archive is unpacked to', async () => {
  put('archive/site/privkey1.txt', 'one');
  mkdirSync(at('live/site'), { recursive: true });
  symlinkSync('../../archive/site/privkey1.txt', at('live/site/privkey.txt'));
  put('usr/share/ca/root.crt', 'a certificate');
  mkdirSync(at('etc/ssl'), { recursive: true });
  symlinkSync(at('usr/share/ca/root.crt'), at('etc/ssl/root.pem'));
  symlinkSync('root.pem', at('etc/ssl/4a6481c9.0'));
  put('opt/kong-3.6/kong.conf', 'through a folder that is a link');
  symlinkSync(at('opt/kong-3.6'), at('etc/kong'));
  const files = [at('live/site/privkey.txt'), at('etc/ssl'), at('etc/kong/kong.conf')];
  const root = await unpack(await storeFiles({ files }));

  expect(readlinkSync(root + at('live/site/privkey.txt'))).toBe('../../archive/site/privkey1.txt');
  expect(readlinkSync(root + at('etc/ssl/4a6481c9.0'))).toBe('root.pem');
  for (const path of [files[0]!, at('etc/ssl/4a6481c9.0'), at('etc/kong/kong.conf')]) {
    expect(realpathSync(root + path)).toBe(root + realpathSync(path));
    expect(readFileSync(root + path)).toEqual(readFileSync(path));
  }
});

test('below a folder, a link to another folder, to itself or to nothing stays a mere link', async () => {
  put('conf/a.conf');
  put('elsewhere/large.bin');
  symlinkSync('../elsewhere', at('conf/folder'));
  symlinkSync('..', at('conf/up'));
  symlinkSync('loop', at('conf/loop'));
  symlinkSync('nowhere', at('conf/dangling'));
  const root = await unpack(await storeFiles({ files: [at('conf')] }));
  expect(listing(root + at('conf'))).toEqual(['a.conf', 'dangling', 'folder', 'loop', 'up']);
  expect(existsSync(root + at('elsewhere'))).toBe(false);
});

test('globs: the files among what they match, each once, also with a name that looks like a glob', async () => {
  put('a.conf');
  put('b.conf');
  put('b[1].conf');
  put('c.txt');
  put('sub/deep/d.conf');
  const files = [at('*.conf'), at('a.conf'), at('**/d.conf'), at('b[1].conf')];
  const root = await unpack(await storeFiles({ files }));
  expect(listing(root + dir)).toEqual(['a.conf', 'b.conf', 'b[1].conf', 'sub', 'sub/deep', 'sub/deep/d.conf']);
});

test('everything that is not there or is no file, in one error, and nothing is stored', async () => {
  const conf = put('kong.conf');
  symlinkSync('gone', at('dangling'));
  symlinkSync('loop', at('loop'));
  execFileSync('mkfifo', [at('pipe')]);
  const files = [at('no'), conf, at('*.pem'), at('p*e'), at('dangling'), at('loop'), at('pipe'), `${conf}/below`];
  const failed: unknown = await storeFiles({ files }).catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: 'FilesMissing', kind: { retryable: false } });
  const { message } = failed as Error;
  for (const part of [
    'on gw-1: ',
    `${at('no')} (not there)`,
    `${at('*.pem')} (matches no file)`,
    `${at('p*e')} (matches no file)`,
    `${at('dangling')} (leads to ${at('gone')}, which is not there)`,
    `${at('loop')} (a link that leads to itself)`,
    `${at('pipe')} (neither a file nor a folder)`,
    `${conf}/below (not there)`,
  ])
    expect(message).toContain(part);
  expect(message).not.toContain(`${conf},`);
});

const whole = async (entries: readonly FoundEntry[]): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of backupFiles.archive(entries)) chunks.push(chunk);
  return Buffer.concat(chunks);
};

test('the same files give the same archive', async () => {
  put('conf/b.conf');
  put('conf/a.conf');
  const archived = async (...files: string[]) => whole((await backupFiles.find(files, [])).entries);
  const first = await archived(at('conf'), at('conf/a.conf'));
  expect(first.length).toBeGreaterThan(0);
  expect(await archived(at('conf/*.conf'), at('conf'))).toEqual(first);
});

test('200 MB go through without being held in memory', async () => {
  const file = put('large.bin', '');
  truncateSync(file, 200 * MB);
  const { entries } = await backupFiles.find([file], []);
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const held = () => {
    collectGarbage();
    return process.memoryUsage().arrayBuffers;
  };
  const before = held();
  let [bytes, looks] = [0, 0];
  for await (const chunk of backupFiles.archive(entries)) {
    bytes += chunk.length;
    if (bytes < looks * MB) continue;
    looks += 20;
    await vi.waitFor(() => expect(held() - before).toBeLessThan(20 * MB), { timeout: 20_000 });
  }
  expect(bytes).toBeGreaterThan(200 * MB);
});

test.each([
  ['becomes longer', (file: string) => appendFileSync(file, 'x')],
  ['becomes shorter', (file: string) => truncateSync(file, 1024)],
  ['is written anew', (file: string) => writeFileSync(file, Buffer.alloc(8 * MB, 'n'))],
])('a file that %s while it is read is an error worth another attempt', async (_, change) => {
  const file = put('log.txt', Buffer.alloc(8 * MB, 'o'));
  utimesSync(file, 1_600_000_000, 1_600_000_000);
  const { entries } = await backupFiles.find([file], []);
  let begun = false;
  const read = async () => {
    for await (const _chunk of backupFiles.archive(entries)) {
      if (!begun) change(file);
      begun = true;
    }
  };
  await expect(read()).rejects.toMatchObject({
    code: 'FileChanged',
    message: expect.stringContaining(file) as string,
    kind: { retryable: true },
  });
});

test('a file that vanishes before it is read', async () => {
  const [file, other] = [put('a.conf'), put('b.conf')];
  const { entries } = await backupFiles.find([file, other], []);
  rmSync(other);
  symlinkSync('a.conf', other);
  await expect(whole(entries)).rejects.toMatchObject({ code: 'FileChanged' });
  rmSync(other);
  await expect(whole(entries)).rejects.toMatchObject({
    code: 'FileChanged',
    message: expect.stringContaining(other) as string,
  });
});

const KEY = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\n-----END PRIVATE KEY-----\n';
const newKey = async (): Promise<Encrypt> => {
  const identity = await generateIdentity();
  writeFileSync(at('identity'), `# a comment\n${identity}\n`);
  return { recipients: [await identityToRecipient(identity)], identity: { file: at('identity') } };
};

test('secrets that the plan names are refused without encryption, by name and all at once, and never shown', async () => {
  const files = [
    put('kong.conf', 'pg_password = hunter2-of-kong\n'),
    put('tls.pem', `${'-'.repeat(300_000)}\n${KEY}`),
    put('license.json', '{"license":{"payload":{"license_key":"abc"},"signature":"of-the-licence"}}'),
    put('public.conf', 'proxy_listen = 0.0.0.0:8000\n'),
  ];
  const failed: unknown = await storeFiles({ files }).catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: 'FilesNotEncrypted', kind: { retryable: false } });
  const { message } = failed as Error;
  expect(message).toContain(`${files[0]} (\`pg_password\`)`);
  expect(message).toContain(`${files[1]} (a private key)`);
  expect(message).toContain(`${files[2]} (a licence)`);
  expect(message).not.toContain('public.conf');
  expect(message).not.toMatch(/hunter2|MIIE|of-the-licence/);
});

test('encrypted, they are stored, and only the identity opens them', async () => {
  const encrypt = await newKey();
  const key = put('tls.key', KEY);
  const object = await storeFiles({ files: [key], encrypt });
  expect(object).toMatchObject({ packing: ['zstd', 'age'], key: expect.stringMatching(/\.tar\.zst\.age$/) as string });
  const root = await unpack(object, encrypt);
  expect(readFileSync(root + key, 'utf8')).toBe(KEY);
  const other = await newKey();
  await expect(unpack(object, other)).rejects.toMatchObject({ code: 'CannotDecrypt' });
});

test('what a node keeps: its environment, configuration of nginx and certificates, and nothing that only runs', async () => {
  const encrypt = await newKey();
  for (const name of [
    '.kong_env',
    'nginx.conf',
    'nginx-kong.conf',
    'ssl/kong-default.crt',
    'pids/nginx.pid',
    'logs/error.log',
  ])
    put(`x1/${name}`);
  put('x1/.kong_env', 'pg_password = hunter2\n');
  put('x1/ssl/kong-default.key', KEY);
  put('x1.conf', 'pg_host = db\n');
  const socket = createServer().listen(at('x1/worker_events.sock'));
  const asked = { prefixes: [at('x1'), at('y1'), at('x1.conf'), at('y1.conf')] };
  const open = ['nginx-kong.conf', 'nginx.conf', 'ssl', 'ssl/kong-default.crt'];

  const plain = await unpack(await storeFiles(asked));
  expect(listing(plain + at('x1'))).toEqual(open);
  expect(listing(plain + dir)).toContain('x1.conf');

  const whole = await unpack(await storeFiles({ ...asked, encrypt }), encrypt);
  expect(listing(whole + at('x1'))).toEqual(['.kong_env', ...open, 'ssl/kong-default.key']);
  socket.close();

  // What the plan names of them is not left out silently.
  await expect(storeFiles({ ...asked, files: [at('x1/.kong_env')] })).rejects.toMatchObject({
    code: 'FilesNotEncrypted',
  });
});

test('nothing to store', async () => {
  expect(await storeFiles({ prefixes: [at('y1')] })).toBeUndefined();
  expect(await storeFiles({})).toBeUndefined();
});
