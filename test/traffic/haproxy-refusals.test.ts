import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFolder, removeFolder } from '../../sandbox/folder.ts';
import { freePort } from '../../sandbox/free-port.ts';
import { installTools } from '../../sandbox/install/index.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { routerFor, startBalanced, type Balanced } from './haproxy-setup.ts';
import { upgrade } from './setup.ts';

let dir = '';
let tcp = 0;
let balanced: Balanced;
beforeAll(async () => {
  await makeFolder((dir = tempFolder()));
  tcp = await freePort();
  balanced = await startBalanced(dir, {
    global: `
  stats socket ${dir}/operator level operator
  stats socket ${dir}/user level user
  stats socket ipv4@127.0.0.1:${tcp} level admin`,
    more: `resolvers nobody
  nameserver none 127.0.0.1:1
backend unresolved
  server x1 127.0.0.1:1
  server x2 127.0.0.1:1
  server y1 y1.invalid:1 weight 0 resolvers nobody init-addr none
  server y2 y2.invalid:1 weight 0 resolvers nobody init-addr none
${['static-rr', 'first', 'source', 'leastconn']
  .map(
    (algorithm) => `backend by-${algorithm}
  balance ${algorithm}
  server x1 127.0.0.1:1 weight 100
  server x2 127.0.0.1:1 weight 50
  server y1 127.0.0.1:1 weight 0
  server y2 127.0.0.1:1 weight 0
  server stray 127.0.0.1:1 weight 10
  server sorry 127.0.0.1:1 backup`,
  )
  .join('\n')}`,
  });
});
afterAll(async () => {
  await balanced.stop();
  await removeFolder(dir);
});

const mine = upgrade('mine');
const at = (more: Partial<Balanced['entry']>) => routerFor({ ...balanced.entry, ...more });
const code = (name: string) => expect.objectContaining({ code: name }) as Error;
const change = { upgrade: mine, weight: 5, epoch: 1 };

test('the runtime API over TCP does the same', async () => {
  const router = at({ socket: `127.0.0.1:${tcp}` });
  expect(await router.describe()).toMatchObject({ place: `kong of HAProxy at 127.0.0.1:${tcp}` });
  expect(await router.set({ ...change, epoch: 1 })).toMatchObject({ weight: 5 });
  expect(await balanced.router().set({ ...change, weight: 0, epoch: 2 })).toMatchObject({ weight: 0 });
});

test('a socket without the right: told at preflight, and nothing is changed', async () => {
  for (const level of ['operator', 'user']) {
    const router = at({ socket: join(dir, level) });
    await expect(router.describe()).rejects.toThrow(`has "level ${level}"; a change of weights needs "level admin"`);
    await expect(router.describe()).rejects.toEqual(code('BalancerRefused'));
    const { epoch } = await router.current();
    await expect(router.set({ ...change, epoch: epoch + 1 })).rejects.toEqual(code('BalancerRefused'));
    expect(await router.current()).toMatchObject({ weight: 0, epoch });
  }
});

test('a socket that the user of the worker may not use', async () => {
  const socket = join(dir, 'closed');
  linkSync(balanced.entry.socket, socket);
  chmodSync(socket, 0o000);
  const program = `
    const { ask } = await import(${JSON.stringify(new URL('../../src/adapters/traffic/haproxy/runtime-api.ts', import.meta.url))});
    await ask(${JSON.stringify(socket)}, ['show info']).catch(({ code, message }) => console.log(code, message));`;
  // Root passes by permissions, unless that is taken away.
  const asAnybody = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : [];
  const [command = '', ...args] = [...asAnybody, process.execPath, '--input-type=module', '-e', program];
  const { stdout } = await promisify(execFile)(command, args);
  expect(stdout).toBe(
    `BalancerRefused HAProxy can't be asked at ${socket}: the user of the worker may not use the socket.\n`,
  );
  chmodSync(socket, 0o600);
});

test('nobody there', async () => {
  await expect(at({ socket: join(dir, 'nowhere') }).current()).rejects.toEqual(code('BalancerUnreachable'));
  await expect(at({ socket: `127.0.0.1:${await freePort()}` }).current()).rejects.toThrow('ECONNREFUSED');
});

test('what answers nonsense, too much, half or nothing', { timeout: 60_000 }, async () => {
  const state = '1\n# be_name srv_name srv_admin_state srv_uweight srv_iweight\nkong x1 0 what 100\n\n';
  const stat = '# pxname,svname,status,weight,check_status,addr\nkong,x1,UP,100,,\n\n';
  const cases = {
    'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n': 'BalancerNonsense',
    '\0\u0001\u0002\n\n\n\n\n\n': 'BalancerNonsense',
    '': 'BalancerNonsense',
    '1\n# be_id be_name\n': 'BalancerNonsense',
    [`${state}${stat}\nadmin\n\nPid: 1\n\n`]: 'BalancerNonsense',
    ['x'.repeat(17_000_000)]: 'BalancerNonsense',
  };
  for (const [answer, wanted] of Object.entries(cases)) {
    const server = await listen((text) => text.end(answer));
    await expect(at({ socket: server.socket }).current()).rejects.toEqual(code(wanted));
    await expect(at({ socket: server.socket }).set(change)).rejects.toEqual(code(wanted));
    await server.stop();
  }
  const silent = await listen(() => undefined);
  const reset = await listen((connection) => connection.resetAndDestroy());
  await expect(at({ socket: reset.socket }).current()).rejects.toEqual(code('BalancerUnreachable'));
  await expect(at({ socket: silent.socket }).current()).rejects.toThrow('says nothing');
  await silent.stop();
  await reset.stop();
});

test('another backend, other nodes, no place for the state file', async () => {
  await expect(at({ backend: 'nope' }).describe()).rejects.toThrow('has no backend nope');
  const others = routerFor(balanced.entry, { nodes: { x: ['x1', 'x2'], y: ['y1', 'z1'] } });
  await expect(others.describe()).rejects.toThrow('has no server z1; it has x1, x2, y1, y2');
  await expect(others.current()).rejects.toEqual(code('BalancerNotPrepared'));
  const { setOut } = balanced.router();
  await expect(setOut({ upgrade: mine, node: 'z1', out: true, epoch: 50 })).rejects.toEqual(
    code('BalancerNotPrepared'),
  );
  for (const stateFile of ['/proc/servers.state', join(dir, 'missing/servers.state')])
    for (const call of [() => at({ stateFile }).describe(), () => at({ stateFile }).set(change)])
      await expect(call()).rejects.toEqual(code('BalancerUnwritable'));
});

test('where nothing can be written down, or the record can not be read, a retreat is made all the same', async () => {
  const torn = join(dir, 'torn.state');
  mkdirSync(`${torn}.crossfade-kong`);
  for (const stateFile of ['/proc/servers.state', torn]) {
    const before = await balanced.router().current();
    const epoch = before.epoch + 10;
    await balanced.router().set({ upgrade: mine, weight: 50, epoch });
    const full = at({ stateFile });
    const step = full.set({ upgrade: mine, weight: 25, epoch: epoch + 1, expected: 50 });
    await expect(step).rejects.toEqual(code('BalancerUnwritable'));
    expect(await full.set({ upgrade: mine, weight: 0, epoch: epoch + 1 })).toMatchObject({ weight: 0 });
    expect(await balanced.router().current()).toMatchObject({ weight: 0 });
  }
});

test('a share that whole weights can not make is told before, and refused', async () => {
  const router = routerFor(balanced.entry, { nodes: { x: ['x1'], y: ['x2', 'y1', 'y2'] }, weights: [1, 50, 100] });
  expect((await router.describe()).weights).toBeUndefined();
  const odd = routerFor(
    { ...balanced.entry, backend: 'by-leastconn' },
    { nodes: { x: ['x1'], y: ['x2', 'y1', 'y2', 'stray'] }, weights: [1, 50, 100] },
  );
  expect((await odd.describe()).weights).toEqual([0, 50, 100]);
  await balanced.haproxy.ask(['x2', 'y1', 'y2'].map((name) => `set weight by-leastconn/${name} 10`).join(';'));
  await expect(odd.set({ ...change, weight: 1 })).rejects.toEqual(code('WeightImpossible'));
});

test('an algorithm without weights is refused; other nodes, other weights and no checks are told', async () => {
  for (const algorithm of ['static-rr', 'first'])
    await expect(at({ backend: `by-${algorithm}` }).describe()).rejects.toThrow(
      `"balance ${algorithm}", which takes no`,
    );
  const byLoad = await at({ backend: 'by-leastconn' }).describe();
  expect(byLoad.lacks).toContainEqual(expect.stringContaining('the share that arrives is only near the weight'));
  const { nodes, lacks } = await at({ backend: 'by-source' }).describe();
  expect(nodes?.x.map(({ name }) => name)).toEqual(['x1', 'x2', 'stray']);
  expect(lacks).toEqual([
    expect.stringContaining('"balance source" takes new weights only with "hash-type consistent"'),
    expect.stringContaining('(x1 100, x2 50)'),
    expect.stringContaining('does not check the health of x1, x2, y1, y2'),
  ]);
  const stateFile = join(dir, 'source.state');
  await expect(at({ backend: 'by-source', stateFile }).set(change)).rejects.toThrow('only accepts weights');
});

test('nodes of Y whose names HAProxy does not know get no share', async () => {
  const router = at({ backend: 'unresolved', stateFile: join(dir, 'unresolved.state') });
  await expect(router.set({ ...change, expected: 0 })).rejects.toThrow(
    'HAProxy finds no node of Y good (y1 MAINT (resolution), y2 MAINT (resolution))',
  );
  expect(await router.current()).toMatchObject({ weight: 0 });
});

test('whether HAProxy loads the state file is read from its configuration', async () => {
  const { haproxy, config, entry } = balanced;
  const stateFile = entry.stateFile;
  const lacks = async () => (await balanced.router().describe()).lacks ?? [];
  const loading = 'load-server-state-from-file';
  const backend = (lines: string) => config.replace('\nbackend kong\n', `\nbackend kong\n${lines}\n`);
  const reload = async (sections: string, global: string) => {
    haproxy.configure(sections, global);
    await haproxy.reload();
    return lacks();
  };
  expect(await reload(config, '')).toEqual([
    'HAProxy loads no server state for kong: a reload of HAProxy would bring back the weights of its configuration.',
  ]);
  expect(await reload(config, `server-state-file ${dir}/other`)).toEqual([
    expect.stringContaining(`HAProxy loads ${dir}/other, not ${stateFile}`),
  ]);
  expect(await reload(config, `server-state-base "${dir}" # here\nserver-state-file servers.state`)).toEqual([]);
  expect(await reload(backend(`${loading} none`), `server-state-file ${stateFile}`)).toHaveLength(1);
  expect(await reload(backend(`${loading} local`), `server-state-base ${dir}`)).toEqual([
    expect.stringContaining(`HAProxy loads ${dir}/kong, not`),
  ]);
  const local = backend(`${loading} local\nserver-state-file-name servers.state`);
  expect(await reload(local, `server-state-base ${dir}`)).toEqual([]);
  writeFileSync(haproxy.configFile, '');
  expect(await lacks()).toEqual([expect.stringMatching(/^Whether HAProxy loads .* can't be seen from here/)]);
});

test('the configuration that the documents show is one', async () => {
  const page = readFileSync(new URL('../../docs/traffic/haproxy.md', import.meta.url), 'utf8');
  const shown = /```haproxy\n(.*?)```/s.exec(page)?.[1] ?? '';
  const file = join(dir, 'shown.cfg');
  writeFileSync(file, shown);
  const { haproxy: command } = await installTools(['haproxy']);
  const { stdout } = await promisify(execFile)(command, ['-c', '-f', file]);
  expect(stdout).toContain('Configuration file is valid');
  // What is told of it in the documents is what these tests run with.
  for (const line of ['retry-on', 'option redispatch', 'retries', 'http-request', 'load-server-state-from-file'])
    expect(balanced.config).toContain(new RegExp(`${line}.*`).exec(shown)?.[0]);
});

async function listen(answer: (connection: Socket) => unknown) {
  const server = createServer((connection) => {
    connection.on('error', () => undefined).once('data', () => answer(connection));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connections = new Set<Socket>();
  server.on('connection', (connection) => connections.add(connection));
  return {
    socket: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      for (const connection of connections) connection.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
