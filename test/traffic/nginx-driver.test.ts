import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFolder, removeFolder } from '../../sandbox/folder.ts';
import { freePort } from '../../sandbox/free-port.ts';
import { createTrafficActivities } from '../../src/activities/traffic.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import { createTrafficRouter } from '../../src/adapters/traffic/index.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { driverCases } from './driver-cases.ts';
import { balancerOf, entryAt, install, planFor, routerOf, startBalanced, upgrade, type Balanced } from './setup.ts';

let dir = '';
let balanced: Balanced;
beforeAll(async () => {
  await makeFolder((dir = tempFolder()));
  balanced = await startBalanced(dir, { testers: { header: 'X-Tester', value: 'yes' } });
});
afterAll(async () => {
  await balanced.stop();
  await removeFolder(dir);
});

const mine = upgrade('mine');
const code = (name: string) => expect.objectContaining({ code: name }) as Error;
/** The same plan, with another answer to its check, or another directory. */
const planAt = (directory: string, check: string) =>
  planFor(entryAt(directory, { check, testers: { header: 'X-Tester', value: 'yes' } }), ...sides());
const sides = () => {
  const { x1, x2, y1, y2 } = balanced.nodes;
  return [
    [x1, x2],
    [y1, y2],
  ] as const;
};
const here = () => `http://127.0.0.1:${balanced.port}`;

driverCases('nginx', {
  router: () => routerOf(balanced.plan),
  weights: [5, 25, 50, 100],
  node: 'y1',
  testers: true,
  restart: () => balanced.nginx.restart(),
  async foreign(weight) {
    const current = join(balanced.directory, 'current');
    for (const name of readdirSync(current)) if (name.startsWith('y-')) rmSync(join(current, name));
    if (weight > 0) writeFileSync(join(current, `y-${weight}`), '');
  },
  runs: 12,
});

test('it says which weights and which nodes nginx knows', async () => {
  const { x1, x2, y1, y2 } = balanced.nodes;
  const known = ({ name, port }: typeof x1) => ({ name, address: `127.0.0.1:${port}` });
  expect(await balanced.router.describe()).toEqual({
    driver: 'nginx',
    place: balanced.directory,
    weights: [0, 5, 25, 50, 100],
    nodes: { x: [x1, x2].map(known), y: [y1, y2].map(known) },
  });
});

test('the activities set absolutely, read back, ask nginx, and may be called again', async () => {
  const { setWeight, readTraffic, setNodeOut, checkBalancer } = createTrafficActivities({
    router: createTrafficRouter({ secrets: createSecrets({}) }),
  });
  const at = balancerOf(balanced.plan);
  const { epoch } = await balanced.router.current();
  expect(await checkBalancer({ at })).toEqual([expect.objectContaining({ level: 'pass' })]);
  const change = { at, upgrade: mine, weight: 25, epoch: epoch + 1, expected: 0 };
  const after = { weight: 25, out: [], epoch: epoch + 1, by: 'mine', testers: false };
  expect(await setWeight(change)).toEqual(after);
  expect(await setWeight(change)).toEqual(after);
  expect(await readTraffic({ at })).toEqual(after);
  const out = { at, upgrade: mine, node: 'y1', out: true, epoch: epoch + 1 };
  expect(await setNodeOut(out)).toEqual({ ...after, out: ['y1'] });
  expect(await setNodeOut(out)).toEqual({ ...after, out: ['y1'] });
  expect(await setNodeOut({ ...out, out: false, epoch: epoch + 2 })).toEqual({ ...after, epoch: epoch + 2 });
  expect(await setWeight({ at, upgrade: mine, weight: 0, epoch: epoch + 3 })).toMatchObject({ weight: 0 });
  expect(await balanced.router.verify(0, { within: 0 })).toMatchObject({ agrees: true });
});

test('installed but never reloaded is found before the upgrade begins, and at each step', async () => {
  const own = join(dir, 'own');
  const plan = planAt(own, here());
  await install(plan);
  const router = routerOf(plan);
  await expect(router.describe()).rejects.toThrow(
    `nginx at ${here()} answers as if there was no Crossfade (status 200): it does not go by what is installed in ${own}. Either it was not reloaded since`,
  );
  await expect(router.describe()).rejects.toEqual(code('NotInstalled'));
  const { checkBalancer } = createTrafficActivities({ router: () => router });
  expect(await checkBalancer({ at: balancerOf(plan) })).toEqual([
    expect.objectContaining({ level: 'refuse', message: expect.stringContaining('not reloaded since') as string }),
  ]);
  await router.set({ upgrade: mine, weight: 25, epoch: 1 });
  const seen: string[] = [];
  const verification = await router.verify(25, { within: 300, report: (what) => seen.push(what) });
  expect(verification).toEqual({ agrees: false, what: expect.stringContaining('does not go by') as string });
  expect(seen.length).toBeGreaterThan(1);
});

test('an include that was made anew for other steps counts once nginx was reloaded', async () => {
  const { plan, directory, nginx, router } = balanced;
  const more = planFor(balancerOf(plan).entry as Parameters<typeof planFor>[0], ...sides(), [5, 10, 25, 50, 100]);
  await install(more);
  await expect(routerOf(more).describe()).rejects.toThrow('it was not reloaded since');
  await nginx.reload();
  expect((await routerOf(more).describe()).weights).toContain(10);
  expect(await router.describe()).toMatchObject({ place: directory });
});

test('a server with TLS, whatever its certificate is for, can be asked as well', async () => {
  const { nginx, directory } = balanced;
  const port = await freePort();
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const self = [
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-subj',
    '/CN=api.example.com',
  ];
  execFileSync('openssl', ['req', ...self, '-keyout', key, '-out', cert], { stdio: 'pipe' });
  const before = readFileSync(nginx.configFile, 'utf8');
  const tls = `server { listen 127.0.0.1:${port} ssl; ssl_certificate ${cert}; ssl_certificate_key ${key}; include ${directory}/server.conf; }`;
  writeFileSync(nginx.configFile, before.replace('server {', `${tls}\nserver {`));
  await nginx.reload();
  const router = routerOf(planAt(directory, `https://127.0.0.1:${port}`));
  const { epoch } = await router.current();
  await router.set({ upgrade: mine, weight: 5, epoch: epoch + 1 });
  expect(await router.verify(5, { within: 0 })).toMatchObject({ agrees: true });
  await router.set({ upgrade: mine, weight: 0, epoch: epoch + 2 });
  writeFileSync(nginx.configFile, before);
  await nginx.reload();
});

test('nginx that can not see the directory is found', async () => {
  const current = join(balanced.directory, 'current');
  renameSync(current, `${current}-away`);
  await expect(balanced.router.describe()).rejects.toThrow("can't see what is in");
  renameSync(`${current}-away`, current);
  await balanced.router.describe();
});

test('whatever else answers at that address is not taken for nginx', async () => {
  let answer = '';
  const server = createServer((socket) =>
    socket
      .on('error', () => undefined)
      .resume()
      .end(answer),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const check = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const router = routerOf(planAt(balanced.directory, check));
  const http = (body: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  for (const [said, error] of [
    [http('crossfade over 9000'), 'BalancerNonsense'],
    [http('It works!'), 'NotInstalled'],
    ['\0\x01garbage\r\n\r\n', 'BalancerUnreachable'],
    ['', 'BalancerUnreachable'],
  ] as const) {
    answer = said;
    await expect(router.describe()).rejects.toEqual(code(error));
    expect(await router.verify(0, { within: 0 })).toMatchObject({ agrees: false });
  }
  server.close();
  await once(server, 'close');
  await expect(router.describe()).rejects.toThrow(
    `nginx at ${check} (traffic.check) does not answer: connect ECONNREFUSED`,
  );
});

test('on a disk that takes nothing more a retreat is made all the same, and nothing else', async () => {
  const { directory, router } = balanced;
  const { epoch } = await router.current();
  await router.set({ upgrade: mine, weight: 50, epoch: epoch + 1 });
  // What is in force stays where it is; anything new would have to go where not even root can write.
  const states = join(directory, 'states');
  renameSync(states, `${states}-before`);
  symlinkSync(join(`${states}-before`, basename(readlinkSync(join(directory, 'current')))), join(directory, 'now'));
  renameSync(join(directory, 'now'), join(directory, 'current'));
  symlinkSync('/sys', states);
  try {
    const step = { upgrade: mine, weight: 100, epoch: epoch + 2, expected: 50 };
    await expect(router.set(step)).rejects.toEqual(code('BalancerUnwritable'));
    await expect(router.set({ upgrade: mine, weight: 0, epoch })).rejects.toEqual(code('StaleEpoch'));
    expect(await router.set({ upgrade: mine, weight: 0, epoch: epoch + 3 })).toMatchObject({ weight: 0 });
    expect(await router.verify(0, { within: 5_000 })).toMatchObject({ agrees: true });
  } finally {
    rmSync(states);
    renameSync(`${states}-before`, states);
  }
  expect(await router.set({ upgrade: mine, weight: 0, epoch: epoch + 4 })).toMatchObject({
    weight: 0,
    epoch: epoch + 4,
  });
});

test('no right to write: told with the directory before the upgrade begins, and nothing changes', async () => {
  const { directory, router } = balanced;
  const before = await router.current();
  chmodSync(dir, 0o755);
  const folders = [directory, join(directory, 'states')];
  const root = process.getuid?.() === 0;
  for (const closed of folders) {
    for (const path of folders) chmodSync(path, path === closed ? 0o555 : 0o777);
    // For root no right is missing.
    process.seteuid?.(65_534);
    try {
      const change = { upgrade: mine, weight: 25, epoch: before.epoch + 1 };
      for (const call of [() => router.describe(), () => router.set(change)]) {
        await expect(call()).rejects.toEqual(code('BalancerUnwritable'));
        await expect(call()).rejects.toThrow(`The directory ${directory} of nginx can't be changed: EACCES`);
      }
    } finally {
      if (root) process.seteuid?.(0);
      for (const path of folders) chmodSync(path, 0o755);
    }
  }
  expect(await router.current()).toEqual(before);
});
