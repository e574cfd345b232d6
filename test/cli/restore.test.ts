import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { startWorker, type DemoWorker } from '../../sandbox/demo/worker.ts';
import { startTemporal, type Temporal } from '../../sandbox/servers/temporal.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import type { DatabaseRef, KongNode, Side } from '../../src/domain/plan/index.ts';
import type { UpgradeStatus } from '../../src/domain/status/index.ts';
import { CONTENT, freeze, PASSWORD, sql } from '../freeze/fixture.ts';
import { makeNode, runner, sideOf } from '../kong-adapter/fixture.ts';
import { kill, start } from '../nodes/fixture.ts';
import {
  databases,
  fileOf,
  flipOneByte,
  startServers,
  takeBackup,
  type Servers,
  type Taken,
} from '../restore/fixture.ts';
import { testPlan } from '../support/workflow-environment-plan.ts';
import { crossfade, type Ran } from './crossfade.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const CLUSTER = 'payments';
const secrets = { KONG_DB_PASSWORD: PASSWORD, ADMIN_PASSWORD: 'postgres', S3_SECRET: 'sandbox-secret' };

let servers: Servers;
let temporal: Temporal;
let worker: DemoWorker;
let env: Record<string, string>;
let dir: string;

beforeAll(async () => {
  servers = await startServers();
  dir = join(servers.kong.dir, 'cli');
  mkdirSync(dir);
  temporal = await startTemporal({ dir: join(servers.kong.dir, 'temporal') });
  env = { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: 'default', ...secrets };
  worker = await startWorker(dir, { ...env, CROSSFADE_HOST: 'here' });
});
afterAll(async () => {
  await worker.stop();
  await temporal.stop();
  await servers.stop();
});

let database: DatabaseRef;
let x: Side;
let y: Side;
let file: string;
let taken: Taken;
let started: KongNode[] = [];

beforeEach(async () => {
  database = await servers.kong.database('3.6.1');
  await sql(database, CONTENT);
  x = sideOf('3.6.1', [await makeNode(dir, `${database.name}-x1`)]);
  y = sideOf('3.9.1', [await makeNode(dir, `${database.name}-y1`)]);
  // Who started the upgrade.
  const base = { ...testPlan(CLUSTER, {}, { x: 'here', y: 'here', balancer: 'here' }), startedBy: 'the demo' };
  const plan = { ...base, x, y, database, backup: { s3: servers.ref, deck: false }, gates: {} };
  file = join(dir, `${database.name}.yaml`);
  writeFileSync(file, stringify(plan));
  taken = await takeBackup(servers, database, dir);
});
afterEach(async () => {
  await kill(started);
  started = [];
});

const run = (...args: readonly string[]): Promise<Ran> => crossfade(args, { env });
const restore = (...more: readonly string[]): Promise<Ran> => run('restore', file, '--backup', taken.id, ...more);
const status = async (): Promise<UpgradeStatus> =>
  JSON.parse((await run('status', CLUSTER, '--json')).out) as UpgradeStatus;
const gateOpen = (): Promise<UpgradeStatus> =>
  waitFor(
    'the gate is open',
    async () => {
      const now = await status();
      if (now.outcome !== undefined) throw new Error(`it ended: ${JSON.stringify(now.failure)}`);
      return now.gates.some(({ state }) => state === 'open') ? now : undefined;
    },
    { timeoutMs: 240_000, everyMs: 500 },
  );
const services = (of: DatabaseRef) => sql(of, 'SELECT name FROM services ORDER BY name');
const left = async () => Object.values(await databases(servers)).filter((name) => name.startsWith('crossfade_'));

test('after an upgrade that was finished: said, asked, approved, swapped with a worker that is killed, and X serves', async () => {
  for (const command of ['up', 'finish'])
    expect(await runner(y, database).kong(['migrations', command], { timeoutMs: 120_000 })).toMatchObject({
      exitCode: 0,
    });
  await sql(database, "UPDATE services SET name = 'after'");

  const begun = await restore('--to', join(dir, 'restored'), '--yes', '--by', 'cleo');
  expect(begun).toMatchObject({ code: 0, err: '' });
  expect(begun.out).toContain(`backup    ${taken.id}, of `);
  expect(begun.out).toContain(`keeps     the old one, as ${database.name}_before_restore_<date and time>`);
  expect(begun.out).toContain(`the keyring into ${join(dir, 'restored')}/${taken.id} on here`);
  expect(begun.out).toContain(`${CLUSTER}: started (workflow kong/${CLUSTER}, run `);
  expect(begun.out).toContain('by cleo, who does not count as an approver');
  expect(begun.out).not.toContain(PASSWORD);

  await gateOpen();
  const shown = (await run('status', CLUSTER)).out;
  expect(shown).toContain(`${CLUSTER} · restore   waiting for a person`);
  expect(shown).toContain('the configuration is another one than that of the backup');
  expect(shown).toContain(`crossfade approve ${CLUSTER} --gate restore`);
  const again = await restore('--yes', '--by', 'cleo');
  expect(again.code).toBe(3);
  expect(again.err).toMatch(/^payments has a restoreBackup since .* waiting for a person, in swap/);

  expect((await run('approve', CLUSTER, '--gate', 'restore', '--by', 'cleo')).code).toBe(3);
  expect((await run('approve', CLUSTER, '--gate', 'restore', '--by', 'the demo')).code).toBe(0);
  await worker.kill();
  await worker.start();
  const followed = await run('status', CLUSTER, '--watch');
  expect(followed).toMatchObject({ code: 0 });
  expect(followed.out).toContain('ended: completed');
  expect(followed.out).toContain('nothing has to be thawed');

  expect(await services(database)).toEqual([{ name: 'billing' }]);
  expect(await runner(x, database).kong(['migrations', 'list'], { timeoutMs: 60_000 })).toMatchObject({ exitCode: 0 });
  started = [...x.nodes];
  await start(x, database);
  await freeze.proveWritable({ database });
  const names = Object.values(await databases(servers));
  const kept = names.find((name) => name.startsWith(`${database.name}_before_restore_`)) ?? '';
  expect(await services({ ...database, name: kept })).toEqual([{ name: 'after' }]);
  expect(await left()).toEqual([]);
  expect(existsSync(join(dir, 'restored', taken.id, 'keyring.json'))).toBe(true);

  const report = await run('report', CLUSTER, '--html', join(dir, 'report.html'));
  expect(report.code).toBe(0);
  expect((await run('report', CLUSTER)).out).toContain(`${CLUSTER}: completed`);
});

test('only files, waited for: the databases are not looked at', async () => {
  started = [...x.nodes];
  await start(x, database);
  const ran = await restore('--only', 'files', '--to', join(dir, 'files'), '--yes', '--wait');
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(ran.out).toContain('database  is not touched');
  expect(ran.out).toContain(`${CLUSTER}: completed`);
  expect(readdirSync(join(dir, 'files', taken.id)).filter((name) => !name.startsWith('.'))).toEqual([
    'deck',
    'files',
    'keyring.json',
  ]);
});

test('refused while a node runs, which is named; refused for one flipped byte: nothing is left', async () => {
  started = [...x.nodes];
  await start(x, database);
  const ran = await restore('--yes', '--wait');
  expect(ran.code).toBe(3);
  expect(ran.out).toContain(`node ${x.nodes[0]?.name} of X`);
  await kill(started);
  flipOneByte(fileOf(servers, taken.objects[0]?.key ?? ''));
  const damaged = await restore('--yes', '--wait');
  expect(damaged.code).toBe(3);
  expect(damaged.out).toContain(taken.objects[0]?.key);
  expect(await left()).toEqual([]);
});

test('rejected: exit code 4, and the restored database is gone', async () => {
  await restore('--yes');
  await gateOpen();
  expect(await left()).toHaveLength(1);
  expect((await run('reject', CLUSTER, '--by', 'ann', '--reason', 'the wrong one')).code).toBe(0);
  expect((await run('status', CLUSTER, '--watch')).code).toBe(4);
  expect((await run('status', CLUSTER)).out).toContain(
    'Nothing was changed: the databases have the names that they had.',
  );
  expect(await left()).toEqual([]);
});

test('refused while an upgrade runs', async () => {
  const connection = await Connection.connect({ address: temporal.address });
  try {
    const { workflow } = new Client({ connection });
    const upgrade = await workflow.start('blueGreenUpgrade', {
      workflowId: `kong/${CLUSTER}`,
      taskQueue: 'nobody',
      args: [{}],
    });
    const ran = await restore('--yes', '--wait');
    await upgrade.terminate();
    expect(ran.code).toBe(3);
    expect(ran.err).toMatch(/^payments has a blueGreenUpgrade since .*no worker answers for it/);
  } finally {
    await connection.close();
  }
});

test('a restore that was terminated says what may be left', async () => {
  await restore('--yes');
  await gateOpen();
  const connection = await Connection.connect({ address: temporal.address });
  await new Client({ connection }).workflow.getHandle(`kong/${CLUSTER}`).terminate();
  await connection.close();
  const shown = await run('status', CLUSTER);
  expect(shown.code).toBe(1);
  expect(shown.out).toContain('before the restore had ended');
  expect(shown.out).toContain('crossfade_restore_');
  for (const name of await left()) await servers.kong.postgres.query(`DROP DATABASE ${name}`, 'postgres');
});

test.each([
  [['--backup', 'latest'], 2, '--yes is needed where nobody can be asked. Nothing was changed.'],
  [['--backup', 'latest', '--only', 'files'], 2, '--to: is missing'],
  [['--backup', 'latest', '--only', 'database', '--to', '/tmp'], 2, '--to: is of no use'],
  [['--backup', 'latest', '--to', 'here'], 2, '--to: expected an absolute path'],
  [['--backup', 'latest', '--only', 'everything'], 2, 'Allowed choices are files, database'],
  [['--backup', ' '], 2, '--backup: '],
  [['--backup', 'nonsense', '--yes'], 1, 'No backup of payments can be restored as "nonsense"'],
  [[], 2, "required option '--backup <name>' not specified"],
])('%j: nothing is started', async (args, code, text) => {
  const ran = await run('restore', file, ...args);
  expect(ran.code).toBe(code);
  expect(ran.err).toContain(text);
  expect(ran.out).not.toContain(': started (workflow');
});
