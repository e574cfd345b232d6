import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder, removeFolder } from '../../sandbox/folder.ts';
import { plainConfig } from '../../src/adapters/traffic/nginx/plain.ts';
import { removeNginx } from '../../src/adapters/traffic/nginx/remove.ts';
import type { EntryVia } from '../../src/domain/plan/index.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { send, startLoad } from './load.ts';
import { balancerOf, startBalanced, upgrade, type Balanced } from './setup.ts';

let dir = '';
let balanced: Balanced;
let entry: EntryVia<'nginx'>;
beforeEach(async () => {
  await makeFolder((dir = tempFolder()));
  balanced = await startBalanced(dir);
  entry = balancerOf(balanced.plan).entry as EntryVia<'nginx'>;
});
afterEach(async () => {
  await balanced.stop();
  await removeFolder(dir);
});

const run = upgrade('run');
const set = (weight: number, epoch: number) => balanced.router.set({ upgrade: run, weight, epoch });
const refusal = (message: string) =>
  expect.objectContaining({ code: 'NotRemovable', message: expect.stringContaining(message) as string }) as Error;
const served = async () =>
  (JSON.parse((await send(undefined, balanced.port, 'GET')).body) as { node: string }).node.slice(0, 1);

/** The plain configuration put where the includes were, as a person does. */
function withoutIncludes(text: string, plain: string): string {
  const { directory } = balanced;
  const part = (title: string) => new RegExp(`### In the ${title}.*:\n\n([^]*?)(?=\n###|$)`).exec(plain)?.[1] ?? '';
  return text
    .replace(`include ${directory}/http.conf;`, part('http block'))
    .replace(`include ${directory}/server.conf;`, '')
    .replace(`include ${directory}/location.conf;`, part('location that goes to Kong'));
}

test('after an upgrade: Y only, by plain configuration; the files go once nginx has loaded that, and not before', async () => {
  const { nginx, directory } = balanced;
  await set(100, 1);
  const before = readFileSync(nginx.configFile, 'utf8');
  await expect(removeNginx(entry)).rejects.toEqual(refusal(`nginx still goes by what is in ${directory}`));

  const after = withoutIncludes(before, await plainConfig(entry));
  expect(after).not.toContain(directory);
  writeFileSync(nginx.configFile, after);
  await nginx.test();
  await expect(removeNginx(entry)).rejects.toEqual(refusal('nginx still goes by'));
  await nginx.reload();
  expect(await served()).toBe('y');

  writeFileSync(nginx.configFile, before);
  await expect(removeNginx(entry)).rejects.toEqual(refusal('still includes files'));
  writeFileSync(nginx.configFile, after);
  await expect(removeNginx(entry)).rejects.toEqual(refusal(`${nginx.configFile} is newer than its workers`));
  expect(existsSync(join(directory, 'installed.json'))).toBe(true);
  await nginx.reload();
  const load = startLoad(balanced.port, 4);
  await removeNginx(entry);
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(Object.keys(load.take()).every((name) => name.startsWith('y'))).toBe(true);
  expect(readdirSync(dir).filter((name) => name.startsWith('traffic'))).toEqual([]);
  await nginx.test();
  await nginx.restart();
  expect(await served()).toBe('y');
});

test('a file of a folder of which nginx takes all counts, too, when it was taken away', async () => {
  const { nginx } = balanced;
  const before = readFileSync(nginx.configFile, 'utf8');
  const sites = join(dir, 'sites');
  mkdirSync(sites);
  writeFileSync(nginx.configFile, before.replace('access_log off;', `access_log off; include ${sites}/*.conf;`));
  writeFileSync(nginx.configFile, withoutIncludes(readFileSync(nginx.configFile, 'utf8'), await plainConfig(entry)));
  await nginx.reload();
  writeFileSync(join(sites, 'one.conf'), '');
  await expect(removeNginx(entry)).rejects.toEqual(refusal('is newer than its workers'));
});

test('after a rollback: X only; while an upgrade is under way: refused', async () => {
  await set(25, 1);
  for (const work of [plainConfig, removeNginx])
    await expect(work(entry)).rejects.toEqual(refusal('An upgrade is under way'));
  await set(0, 2);
  const plain = await plainConfig(entry);
  const { x1, x2, y1 } = balanced.nodes;
  for (const { port } of [x1, x2]) expect(plain).toContain(`server 127.0.0.1:${port} max_fails=0`);
  expect(plain).not.toContain(`:${y1.port} `);
  await balanced.router.setOut({ upgrade: run, node: 'x1', out: true, epoch: 3 });
  await expect(plainConfig(entry)).rejects.toEqual(refusal('x1 out of the balancer'));
});

test('what can not be known is not removed: nginx stopped, or on another host', async () => {
  const other = { ...entry, check: `http://127.0.0.1:${balanced.nodes.x1.port}` };
  await expect(removeNginx(other)).rejects.toEqual(refusal('no nginx that this user may look at listens at'));
  await balanced.nginx.stop();
  await expect(removeNginx(entry)).rejects.toEqual(refusal('does not answer'));
  expect(existsSync(join(balanced.directory, 'current'))).toBe(true);
});
