import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from '../../src/adapters/traffic/lock.ts';
import { writeState } from '../../src/adapters/traffic/nginx/state.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { entryAt, install, planFor, routerOf, upgrade, type WholeRouter } from './setup.ts';

const nodes = (...names: string[]) =>
  names.map((name, index) => ({ name, port: 1000 + index, served: 0, start: async () => {}, stop: async () => {} }));
const x = nodes('x1', 'x2');
const y = nodes('y1', 'y2');

let root = '';
let directory = '';
let router: WholeRouter;
beforeEach(async () => {
  root = tempFolder();
  directory = join(root, 'traffic');
  await install(planFor(entryAt(directory), x, y));
  router = routerOf(planFor(entryAt(directory), x, y));
});
afterEach(() => rmSync(root, { recursive: true }));

const mine = upgrade('mine');
const set = (weight: number, epoch: number, expected?: number) =>
  router.set({ upgrade: mine, weight, epoch, ...(expected === undefined ? {} : { expected }) });
const code = (name: string) => expect.objectContaining({ code: name }) as Error;

test('what a crash leaves before its rename is not in force, and is cleaned up by the next change', async () => {
  await set(5, 1);
  mkdirSync(join(directory, 'states', '2-dead'));
  writeFileSync(join(directory, 'states', '2-dead', 'y-100'), '');
  symlinkSync('states/2-dead', join(directory, 'current.2-dead'));
  writeFileSync(join(directory, 'lock.dead'), '');
  utimesSync(join(directory, 'lock.dead'), 0, 0);
  expect(await router.current()).toMatchObject({ weight: 5, epoch: 1 });
  expect(await set(25, 2)).toMatchObject({ weight: 25, epoch: 2 });
  expect(readdirSync(directory).filter((name) => /^(current|lock)/.test(name))).toEqual(['current']);
  expect(readdirSync(join(directory, 'states')).length).toBeLessThanOrEqual(2);
});

test('a damaged state file does not open the door to an old epoch', async () => {
  await set(50, 4);
  writeFileSync(join(directory, 'current', 'state.json'), 'nonsense');
  expect(await router.current()).toEqual({ weight: 50, out: [], epoch: 4 });
  await expect(set(0, 3)).rejects.toEqual(code('StaleEpoch'));
  expect((await set(0, 5)).weight).toBe(0);
});

test('processes that are killed while they change it: always a whole state, and the next one goes on at once', async () => {
  const program = fileURLToPath(new URL('keep-setting.ts', import.meta.url));
  for (let round = 1; round <= 4; round++) {
    const first = round * 10_000;
    const child = spawn(process.execPath, [program, directory, String(first)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const { epoch } = await router.current();
    while ((await router.current()).epoch < epoch + round * 2);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const left = await router.current();
    expect([0, 5, 25, 50, 100]).toContain(left.weight);
    expect(left.by).toBe('killed');
    expect(await set(25, left.epoch + 1, left.weight)).toMatchObject({ weight: 25, by: 'mine' });
  }
});

test('the lock: a dead holder is passed over, a living one is waited for and then named', async () => {
  const file = join(root, 'lock');
  writeFileSync(file, JSON.stringify({ token: 'a', pid: process.pid, startTime: '1', space: 'elsewhere' }));
  await expect(withLock(file, async () => 1, 50)).rejects.toEqual(code('BalancerBusy'));
  const space = readlinkSync('/proc/self/ns/pid');
  writeFileSync(file, JSON.stringify({ token: 'b', pid: process.pid, startTime: 'of an earlier process', space }));
  expect(await withLock(file, async () => 'done', 50)).toBe('done');
  await withLock(file, async () => {
    await expect(withLock(file, async () => 1, 50)).rejects.toThrow(`Process ${process.pid} holds`);
  });
  let inside = 0;
  const work = async () => {
    expect(++inside).toBe(1);
    await new Promise(setImmediate);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 20 }, () => withLock(file, work)));
  expect(readdirSync(root)).toEqual(['traffic']);
});

test('a process that hangs while it holds the lock is passed over, and puts nothing in force when it goes on', async () => {
  const lock = join(directory, 'lock');
  await withLock(lock, async (stillMine) => {
    await stillMine();
    utimesSync(lock, 0, 0);
    expect(await set(25, 2)).toMatchObject({ weight: 25 });
    const late = writeState(directory, { weight: 100, out: [], epoch: 1 }, stillMine);
    await expect(late).rejects.toThrow('Another process took over');
    await expect(late).rejects.toEqual(code('BalancerBusy'));
  });
  expect(await router.current()).toMatchObject({ weight: 25, epoch: 2 });
  expect(await set(5, 3)).toMatchObject({ weight: 5 });
});

test('one that hangs right before its rename, too', async () => {
  const lock = join(directory, 'lock');
  const passedOver = async () => {
    utimesSync(lock, 0, 0);
    expect(await set(25, 2)).toMatchObject({ weight: 25 });
  };
  const late = withLock(lock, () => writeState(directory, { weight: 100, out: [], epoch: 1 }, passedOver));
  await expect(late).rejects.toThrow('ENOENT');
  expect(await router.current()).toMatchObject({ weight: 25, epoch: 2 });
});

test('a retreat passes over one that hangs sooner than a step does, and what that one had ready can not come into force', async () => {
  await set(25, 1);
  const late = withLock(join(directory, 'lock'), () =>
    writeState(directory, { weight: 100, out: [], epoch: 2 }, async () => {
      await expect(set(50, 3, 25)).rejects.toEqual(code('BalancerBusy'));
      expect(await set(0, 4)).toMatchObject({ weight: 0, epoch: 4 });
    }),
  );
  await expect(late).rejects.toThrow('ENOENT');
  expect(await router.current()).toMatchObject({ weight: 0, epoch: 4 });
});

test('a directory that is shared with a group stays so, and a state can be read by nginx whatever the umask is', async () => {
  chmodSync(directory, 0o2775);
  chmodSync(join(directory, 'states'), 0o2775);
  const umask = process.umask(0o077);
  try {
    await set(25, 1);
    await install(planFor(entryAt(directory), x, y));
  } finally {
    process.umask(umask);
  }
  const mode = (...path: string[]) => statSync(join(directory, ...path)).mode & 0o7777;
  expect([mode(), mode('states'), mode('current', 'y-25'), mode('server.conf')]).toEqual([
    0o2775, 0o2775, 0o644, 0o644,
  ]);
  expect(mode('current') & 0o777).toBe(0o755);
});

test('refused before anything is touched: not installed, other steps, unknown nodes, no right to write', async () => {
  const elsewhere = routerOf(planFor(entryAt(join(root, 'elsewhere')), x, y));
  await expect(elsewhere.current()).rejects.toEqual(code('NotInstalled'));
  const otherSteps = routerOf(planFor(entryAt(directory), x, y, [10, 100]));
  await expect(otherSteps.current()).rejects.toThrow('no split for 10 %');
  await expect(set(30, 1)).rejects.toEqual(code('NotInstalled'));
  await expect(router.setOut({ upgrade: mine, node: 'z1', out: true, epoch: 1 })).rejects.toEqual(code('NotInstalled'));
  await expect(install(planFor(entryAt('/sys/crossfade'), x, y))).rejects.toEqual(code('BalancerUnwritable'));
  expect(await router.current()).toMatchObject({ epoch: 0 });
});

test('installing again keeps what is in force, and refuses steps without the weight in force', async () => {
  await set(25, 3);
  await install(planFor(entryAt(directory), [...x].reverse(), y, [25, 100]));
  expect(await routerOf(planFor(entryAt(directory), x, y, [25, 100])).current()).toMatchObject({
    weight: 25,
    epoch: 3,
  });
  const others = install(planFor(entryAt(directory), x, y, [10, 100]));
  await expect(others).rejects.toThrow(/^25 % go to Y now .*\(10, 100 %\)/);
  await expect(others).rejects.toEqual(code('DirectoryInUse'));
});

test('never installed over another upgrade: its "100 % to Y" would go to the Y of the next one', async () => {
  const before = () =>
    ['http.conf', 'server.conf', 'installed.json'].map((name) => readFileSync(join(directory, name)));
  const next = nodes('z1', 'z2').map((node) => ({ ...node, port: node.port + 10 }));
  const moved = y.map((node) => ({ ...node, port: node.port + 10 }));
  for (const [weight, epoch] of [
    [0, 1],
    [100, 2],
  ] as const) {
    await set(weight, epoch);
    const files = before();
    await expect(install(planFor(entryAt(directory), y, next))).rejects.toThrow(
      `${directory} is installed for other nodes: X is x1 (127.0.0.1:1000), x2 (127.0.0.1:1001) there, y1 `,
    );
    const entry = entryAt(directory);
    for (const plan of [planFor(entry, x, next), planFor(entry, x, moved), planFor(entry, x, y.slice(1))])
      await expect(install(plan)).rejects.toEqual(code('DirectoryInUse'));
    expect(before()).toEqual(files);
  }
  const own = join(root, 'next');
  await install(planFor(entryAt(own), y, next));
  expect(await routerOf(planFor(entryAt(own), y, next)).current()).toMatchObject({ weight: 0 });
  expect(await router.current()).toMatchObject({ weight: 100 });
});

test('an installation that says no longer for which nodes is not written over; one that was cut short is', async () => {
  const file = join(directory, 'installed.json');
  writeFileSync(file, '{');
  await expect(install(planFor(entryAt(directory), x, y))).rejects.toEqual(code('DirectoryInUse'));
  rmSync(file);
  await expect(install(planFor(entryAt(directory), x, y))).rejects.toEqual(code('DirectoryInUse'));
  rmSync(join(directory, 'current'));
  await install(planFor(entryAt(directory), x, y));
  expect(await router.current()).toMatchObject({ weight: 0 });
});

test('whatever sequence of set, crash, retry and rollback: a weight of the plan, and all on X after a rollback', async () => {
  const step = fc.record({
    weight: fc.constantFrom(0, 5, 25, 50, 100),
    epochs: fc.integer({ min: -2, max: 3 }),
    what: fc.constantFrom('set', 'retry', 'crash', 'rollback', 'out'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      for (const { weight, epochs, what } of steps) {
        const before = await router.current();
        const epoch = Math.max(0, before.epoch + epochs);
        if (what === 'crash') mkdirSync(join(directory, 'states', `${epoch}-${Math.random()}`));
        if (what === 'out') await router.setOut({ upgrade: mine, node: 'y2', out: weight > 5, epoch }).catch(() => 0);
        if (what === 'rollback') {
          expect((await set(0, before.epoch + 1)).weight).toBe(0);
        } else if (what !== 'crash' && what !== 'out') {
          for (let tries = what === 'retry' ? 2 : 1; tries > 0; tries--) await set(weight, epoch).catch(() => 0);
          const after = await router.current();
          expect(after.weight).toBe(epoch > before.epoch ? weight : before.weight);
        }
        expect([0, 5, 25, 50, 100]).toContain((await router.current()).weight);
        expect((await router.current()).epoch).toBeGreaterThanOrEqual(before.epoch);
      }
    }),
    { numRuns: 15 },
  );
});
