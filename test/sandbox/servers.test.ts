import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GetObjectCommand, HeadBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder, removeFolder } from '../../sandbox/folder.ts';
import { freePort } from '../../sandbox/free-port.ts';
import { groupMembers } from '../../sandbox/proc.ts';
import { startNginx } from '../../sandbox/servers/nginx.ts';
import { startS3 } from '../../sandbox/servers/s3.ts';
import { startTemporal } from '../../sandbox/servers/temporal.ts';
import { startUpstream } from '../../sandbox/servers/upstream.ts';
import { isListening, portOf } from './ports.ts';
import { tempFolder } from './temp-folder.ts';

let dir = '';
beforeEach(() => makeFolder((dir = tempFolder())));
afterEach(async () => void (await removeFolder(dir)));

const run = promisify(execFile);

test('Temporal: command, UI and histories; no search attribute unless asked for; nothing left when stopped', async () => {
  const temporal = await startTemporal({ dir: join(dir, 'temporal') });
  const command = async (...args: string[]) =>
    (await run(temporal.command, [...args, '--address', temporal.address])).stdout;
  expect(await command('operator', 'search-attribute', 'list')).not.toContain('Crossfade');
  await command('workflow', 'start', '--type', 'nobody', '--task-queue', 'nobody', '--workflow-id', 'kept');
  expect(await (await fetch(temporal.ui)).text()).toContain('<html');
  expect(existsSync(temporal.databaseFile)).toBe(true);

  await temporal.stop();
  expect(await isListening(portOf(temporal.address))).toBe(false);
  expect(await isListening(portOf(temporal.ui))).toBe(false);
  await temporal.start();
  expect(await command('workflow', 'describe', '--workflow-id', 'kept')).toMatch(/WorkflowId +kept/);
  await temporal.stop();
});

test('Temporal: with search attributes', async () => {
  const temporal = await startTemporal({ dir: join(dir, 'temporal'), searchAttributes: { CrossfadePhase: 'Keyword' } });
  const { stdout } = await run(temporal.command, [
    'operator',
    'search-attribute',
    'list',
    '--address',
    temporal.address,
  ]);
  expect(stdout).toMatch(/CrossfadePhase\s+Keyword/);
  await temporal.stop();
});

test('S3: an object comes back as it was, a missing bucket and wrong credentials are refused', async () => {
  const s3 = await startS3({ dir: join(dir, 's3'), buckets: ['backups'] });
  const credentials = { accessKeyId: s3.accessKeyId, secretAccessKey: s3.secretAccessKey };
  const settings = { endpoint: s3.endpoint, region: s3.region, credentials, forcePathStyle: true };
  const client = new S3Client(settings);
  await client.send(
    new PutObjectCommand({ Bucket: 'backups', Key: 'a/b', Body: 'content', ChecksumAlgorithm: 'SHA256' }),
  );
  await s3.stop();
  expect(await isListening(portOf(s3.endpoint))).toBe(false);
  await s3.start();
  const object = await client.send(new GetObjectCommand({ Bucket: 'backups', Key: 'a/b', ChecksumMode: 'ENABLED' }));
  expect(await object.Body?.transformToString()).toBe('content');
  expect(object.ChecksumSHA256).toBeDefined();
  await expect(client.send(new HeadBucketCommand({ Bucket: 'missing' }))).rejects.toMatchObject({ name: 'NotFound' });
  const stranger = new S3Client({ ...settings, credentials: { ...credentials, secretAccessKey: 'wrong' } });
  await expect(stranger.send(new GetObjectCommand({ Bucket: 'backups', Key: 'a/b' }))).rejects.toThrow(/signature/i);
  await s3.stop();
});

test('the upstream echoes, waits when asked to, and keeps idle connections', async () => {
  const upstream = await startUpstream({ dir: join(dir, 'upstream') });
  const started = performance.now();
  const response = await fetch(`${upstream.url}/a/b?delayMs=150`, { method: 'POST', body: 'x'.repeat(100_000) });
  expect(await response.json()).toEqual({ method: 'POST', path: '/a/b', bodyLength: 100_000 });
  expect(performance.now() - started).toBeGreaterThan(145);

  const socket = connect(upstream.port, upstream.host);
  socket.write('GET /raw HTTP/1.1\r\nHost: x\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/keep-alive: timeout=3600/i);
  socket.destroy();
  await upstream.stop();
  expect(await isListening(upstream.port)).toBe(false);
});

test('nginx: serves, refuses a faulty configuration and goes on, takes a new one into use, leaves no worker', async () => {
  const port = await freePort();
  const answer = (text: string) => `server { listen 127.0.0.1:${port}; access_log off; return 200 ${text}; }`;
  const nginx = await startNginx({ dir: join(dir, 'nginx'), http: answer('one'), workers: 2 });
  const get = async () => (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).text();
  expect(await get()).toBe('one');
  expect(groupMembers(nginx.process.pid)).toHaveLength(3);

  nginx.configure('server { listen nonsense }');
  await expect(nginx.test()).rejects.toThrow(/nginx\.conf:\d+/);
  await expect(nginx.reload()).rejects.toThrow(/nginx\.conf:\d+/);
  expect(await get()).toBe('one');

  nginx.configure(answer('two'));
  await nginx.reload();
  expect(await get()).toBe('two');
  await nginx.stop();
  expect(groupMembers(nginx.process.pid)).toEqual([]);
  expect(await isListening(port)).toBe(false);
});
