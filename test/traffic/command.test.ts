import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { processWithPid } from '../../sandbox/proc.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { createTrafficActivities } from '../../src/activities/traffic.ts';
import type { EntryVia } from '../../src/domain/plan/index.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { commandRouter, mine, prepare, PROGRAM, startTraefikApi, traefik } from './command-setup.ts';
import { driverCases } from './driver-cases.ts';

const root = tempFolder();
const file = join(root, 'kong.yml');
prepare(file);
const api = await startTraefikApi(file);
afterAll(async () => {
  await api.stop();
  rmSync(root, { recursive: true });
});

interface Traefik {
  http: { services: { kong: { weighted: { services: { name: string; weight: number }[] } } } };
}

driverCases('a program of the user', {
  router: () => commandRouter(traefik(file, api.url)),
  weights: [5, 100],
  node: 'y1',
  foreign(weight) {
    const [kept, ...rest] = readFileSync(file, 'utf8').split('\n');
    const config = JSON.parse(rest.join('\n')) as Traefik;
    const shares = { 'kong-x': 100 - weight, 'kong-y': weight };
    config.http.services.kong.weighted.services = Object.entries(shares).map(([name, share]) => ({
      name,
      weight: share,
    }));
    writeFileSync(file, `${kept}\n${JSON.stringify(config)}`);
    return Promise.resolve();
  },
  runs: 3,
});

const code = (name: string) => expect.objectContaining({ code: name }) as Error;
const said = (name: string, text: string) =>
  expect.objectContaining({ code: name, message: expect.stringContaining(text) as string }) as Error;

/** A program that writes down how it was called, and then does what the script says. */
function program(name: string, script: string): readonly string[] {
  const path = join(root, name);
  writeFileSync(path, `#!/bin/sh\necho "$@" >>'${path}.calls'\n${script}\n`);
  chmodSync(path, 0o755);
  return [path];
}
const calls = (name: string) =>
  readFileSync(join(root, `${name}.calls`), 'utf8')
    .trim()
    .split('\n');
const router = (
  programs: Partial<Record<'read' | 'set' | 'out' | 'in' | 'verify', readonly string[]>>,
  limit?: number,
) => commandRouter({ ...traefik(file, api.url), ...programs } as EntryVia<'command'>, limit);

/** All on X; the epoch that this took. */
async function begin(): Promise<number> {
  const { epoch } = await router({}).current();
  await router({}).set({ upgrade: mine, weight: 0, epoch: epoch + 1 });
  return epoch + 1;
}

test('each program gets what it needs as arguments, and no shell reads them', async () => {
  const epoch = await begin();
  const set = program('set', `exec '${PROGRAM}' '${file}' set "$@"`);
  const out = program('out', `exec '${PROGRAM}' '${file}' out --api '${api.url}' "$@"`);
  const verify = program('verify', `echo '{"agrees": true, "what": "2 of 2 have it"}'`);
  const all = router({ set, out, verify });
  await all.set({ upgrade: mine, weight: 5, epoch: epoch + 1, expected: 0 });
  await all.set({ upgrade: mine, weight: 50, epoch: epoch + 2 });
  await all.setOut?.({ upgrade: mine, node: 'y2', out: true, epoch: epoch + 3 });
  expect(await all.verify(50, { within: 0 })).toEqual({ agrees: true, what: '2 of 2 have it' });
  expect(calls('set')).toEqual([
    `--weight 5 --epoch ${epoch + 1} --upgrade mine --expected 0`,
    `--weight 50 --epoch ${epoch + 2} --upgrade mine`,
  ]);
  expect(calls('out')).toEqual([`--node y2 --epoch ${epoch + 3} --upgrade mine`]);
  expect(calls('verify')).toEqual(['--weight 50']);
  await all.setOut?.({ upgrade: mine, node: 'y2', out: false, epoch: epoch + 4 });
});

test("nothing of the worker's environment but what it is given", async () => {
  process.env['CROSSFADE_TEST_SECRET'] = 'hunter2';
  const read = program('env', 'env >&2; exit 1');
  const failed = await router({ read })
    .current()
    .catch((error: Error) => error.message);
  expect(failed).toContain('PATH=');
  expect(failed).not.toContain('CROSSFADE_TEST_SECRET');
});

test.each([
  ['a page', 'echo "<html>"; echo hunter2', 'that is no JSON'],
  ['nothing', ':', 'it printed nothing'],
  ['no epoch', `echo '{"weight": 5, "out": []}'`, 'epoch'],
  ['a weight as text', `echo '{"weight": "5", "epoch": 1, "out": []}'`, 'weight'],
  ['more than everything', `echo '{"weight": 101, "epoch": 1, "out": []}'`, 'weight'],
  ['no list of nodes, where they can be taken out', `echo '{"weight": 5, "epoch": 1}'`, 'out'],
  ['a field that nobody knows', `echo '{"weight": 5, "epoch": 1, "out": [], "wieght": 1}'`, 'wieght'],
  ['a secret as a field', `echo '{"weight": 5, "epoch": 1, "out": [], "hunter2": 1}'`, '***'],
  [
    'fields without an end',
    `echo '{"weight": 5, "epoch": 1, "out": []'; seq -f ', "f%.0f": 1' 5000; echo '}'`,
    'Unrecognized keys: "f1"',
  ],
  ['two answers', `echo '{"weight": 5, "epoch": 1, "out": []}'; echo '{}'`, 'that is no JSON'],
])('nonsense is believed nowhere: %s', async (_, script, why) => {
  const before = await router({}).current();
  const mad = program('mad', script);
  for (const which of ['read', 'set'] as const) {
    const attempt = router({ [which]: mad }).set({ upgrade: mine, weight: 5, epoch: before.epoch + 1 });
    await expect(attempt).rejects.toEqual(said('BalancerNonsense', why));
    const { message } = await attempt.catch((error: unknown) => error as Error).then((error) => error as Error);
    expect(message).not.toContain('hunter2');
    expect(message.length).toBeLessThan(2_000);
  }
  await expect(router({ verify: mad }).verify(0, { within: 0 })).rejects.toEqual(code('BalancerNonsense'));
  expect(await router({}).current()).toEqual(before);
});

test.each([
  [77, 'BalancerRefused'],
  [78, 'BalancerNotPrepared'],
  [1, 'BalancerUnreachable'],
  [143, 'BalancerUnreachable'],
])('exit code %i is %s, with the last lines and without secrets', async (exit, name) => {
  const failing = program('failing', `echo first >&2; echo 'the key is hunter2' >&2; exit ${exit}`);
  const before = await router({}).current();
  for (const which of ['read', 'set'] as const) {
    const attempt = router({ [which]: failing }).set({ upgrade: mine, weight: 5, epoch: before.epoch + 1 });
    await expect(attempt).rejects.toEqual(said(name, 'first | the key is ***'));
  }
  expect(await router({}).current()).toEqual(before);
});

test('a secret at the place where a long line is cut is not shown in part', async () => {
  const cut = program('cut', `printf '%0397dhunter2\\n%0197dhunter2\\n' 0 0; exit "$CODE"`);
  for (const exit of ['0', '1']) {
    const read = ['/usr/bin/env', `CODE=${exit}`, ...cut];
    const failed = await router({ read })
      .current()
      .catch((error: unknown) => error as Error);
    expect(String(failed)).toContain('000');
    expect(String(failed)).not.toContain('hun');
  }
});

test('not prepared, no right, no program', async () => {
  const elsewhere = commandRouter(traefik(join(root, 'none.yml'), api.url));
  await expect(elsewhere.describe()).rejects.toEqual(said('BalancerNotPrepared', 'none.yml'));
  await expect(router({ read: ['/no/such/program'] }).describe()).rejects.toEqual(code('ProgramMissing'));
  await expect(router({ read: [join(root, 'kong.yml')] }).describe()).rejects.toEqual(code('ProgramMissing'));
});

test('a program that hangs is stopped with all that it started', async () => {
  const hanging = program('hanging', `sh -c 'echo $$ >${root}/grandchild; exec sleep 600' & wait`);
  await expect(router({ read: hanging }, 500).current()).rejects.toEqual(
    said('BalancerUnreachable', 'did not end within 0.5 s and was stopped'),
  );
  expect(processWithPid(Number(readFileSync(join(root, 'grandchild'), 'utf8')))).toBeUndefined();
});

test('a program that says it is done and has done nothing', async () => {
  const epoch = await begin();
  const lazy = program('lazy', `exec '${PROGRAM}' '${file}' read`);
  await expect(router({ set: lazy }).set({ upgrade: mine, weight: 5, epoch: epoch + 1 })).rejects.toEqual(
    said('WeightNotApplied', `5 % on Y, out: none, epoch ${epoch + 1} by mine was asked for`),
  );
});

test('verification goes on until it agrees or the time is over, and can be called off', async () => {
  const slowly = program(
    'slowly',
    `
    if [ "$(wc -l <'${root}/slowly.calls')" -ge 3 ]; then echo '{"agrees": true, "what": "3 of 3"}'
    else echo '{"agrees": false, "what": "1 of 3"}'; fi`,
  );
  const seen: string[] = [];
  const report = (what: string) => void seen.push(what);
  expect(await router({ verify: slowly }).verify(0, { within: 60_000, report })).toEqual({
    agrees: true,
    what: '3 of 3',
  });
  expect(seen).toEqual(['1 of 3', '1 of 3', '3 of 3']);
  const { verify: _, ...without } = traefik(file, api.url);
  const unasked = commandRouter(without);
  expect(await unasked.verify(50, { within: 10 })).toEqual({ agrees: false, what: '`read` says 0 % on Y' });
  const stop = new AbortController();
  const never = unasked.verify(50, { within: 60_000, report: () => stop.abort(), signal: stop.signal });
  await expect(never).rejects.toThrow('abort');
});

test('the example: a weight is in force, and a node out or in, once Traefik has taken the file over', async () => {
  const epoch = await begin();
  api.freeze();
  await router({}).set({ upgrade: mine, weight: 5, epoch: epoch + 1, expected: 0 });
  const what = 'Traefik has not taken over what the file says of kong';
  expect(await router({}).verify(5, { within: 0 })).toEqual({ agrees: false, what });
  api.thaw();
  expect(await router({}).verify(5, { within: 0 })).toEqual({ agrees: true, what: 'Traefik gives Y 5 %' });
  expect(await router({}).verify(0, { within: 0 })).toMatchObject({ agrees: false });
  for (const out of [true, false]) {
    api.freeze();
    const before = api.late();
    let ended = false;
    const moved = router({})
      .setOut?.({ upgrade: mine, node: 'y1', out, epoch: epoch + (out ? 2 : 3) })
      .finally(() => (ended = true));
    await waitFor('it has asked Traefik', () => api.late() > before);
    expect(ended).toBe(false);
    api.thaw();
    expect(await moved).toMatchObject({ weight: 5, out: out ? ['y1'] : [] });
  }
});

test('a node that was taken out by a program that failed then is not out: the program is asked again', async () => {
  const epoch = await begin();
  const change = { upgrade: mine, node: 'y1', out: true, epoch: epoch + 1 };
  const out = program('half', `'${PROGRAM}' '${file}' out --api '${api.url}' "$@"; [ -e '${root}/whole' ]`);
  await expect(router({ out }).setOut?.(change)).rejects.toEqual(code('BalancerUnreachable'));
  expect(await router({}).current()).toMatchObject({ out: ['y1'] });
  await expect(router({ out }).setOut?.(change)).rejects.toEqual(code('BalancerUnreachable'));
  writeFileSync(join(root, 'whole'), '');
  expect(await router({ out }).setOut?.(change)).toMatchObject({ out: ['y1'], epoch: epoch + 1 });
  await router({}).setOut?.({ ...change, out: false, epoch: epoch + 2 });
});

test('without `out` and `in` no node can be taken out, which is told', async () => {
  const { out: _out, in: _in, ...without } = traefik(file, api.url);
  const limited = commandRouter(without);
  expect(limited.setOut).toBeUndefined();
  expect((await limited.describe()).lacks).toEqual([expect.stringContaining('no node can be taken out')]);
});

test('preflight finds whether it is prepared, what it lacks, and whether X has all traffic', async () => {
  const activities = createTrafficActivities({
    router: ({ entry }) => commandRouter(entry as EntryVia<'command'>),
  });
  const check = async (entry: EntryVia<'command'>) => {
    const at = { name: 'edge', entry, weights: [5, 100], nodes: { x: ['x1'], y: ['y1'] } };
    return (await activities.checkBalancer({ at })).map(({ level, message }) => `${level} ${message}`);
  };
  const epoch = await begin();
  expect(await check(traefik(file, api.url))).toEqual(['pass edge is prepared for every step, and X has all traffic.']);
  const { out: _out, in: _in, ...without } = traefik(file, api.url);
  expect(await check(without)).toEqual([
    expect.stringMatching(/^pass/),
    expect.stringMatching(/^warn edge: .*taken out/),
  ]);
  expect(await check(traefik(join(root, 'none.yml'), api.url))).toEqual([
    expect.stringMatching(/^refuse edge: .*none\.yml/),
  ]);
  await router({}).set({ upgrade: mine, weight: 5, epoch: epoch + 1 });
  expect(await check(traefik(file, api.url))).toEqual(['refuse edge: Y gets 5 % already (set by run mine).']);
});

/** A worker of its own, which sets 50 % and dies on the way. */
async function worker(set: readonly string[], epoch: number) {
  const path = fileURLToPath(new URL('command-worker.ts', import.meta.url));
  const entry = JSON.stringify(traefik(file, api.url, { set: [...set] }));
  const child = spawn(process.execPath, [path, entry, '50', String(epoch)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const printed: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
  return { child, ended: once(child, 'close').then(() => Buffer.concat(printed).toString()) };
}

test('a worker that is killed between the change and its read-back: the next one finds it done', async () => {
  const epoch = await begin();
  const deadly = program('deadly', `'${PROGRAM}' '${file}' set "$@" && kill -9 $PPID`);
  const { child, ended } = await worker(deadly, epoch + 1);
  expect(await ended).toBe('running\n');
  expect(child.signalCode).toBe('SIGKILL');
  const after = { weight: 50, epoch: epoch + 1, by: 'mine' };
  expect(await router({}).set({ upgrade: mine, weight: 50, epoch: epoch + 1, expected: 0 })).toMatchObject(after);
});

test('a program that outlives its worker and comes late changes nothing any more', async () => {
  const epoch = await begin();
  const late = program(
    'late',
    `
    while [ ! -e '${root}/go' ]; do sleep 0.05; done
    '${PROGRAM}' '${file}' set "$@" >'${root}/late.done.new'; mv '${root}/late.done.new' '${root}/late.done'`,
  );
  const { child, ended } = await worker(late, epoch + 1);
  await waitFor('the program runs', () => existsSync(join(root, 'late.calls')));
  child.kill('SIGKILL');
  await ended;
  const back = await router({}).set({ upgrade: mine, weight: 0, epoch: epoch + 2 });
  writeFileSync(join(root, 'go'), '');
  await waitFor('the late program ends', () => existsSync(join(root, 'late.done')));
  expect(await router({}).current()).toEqual(back);
});
