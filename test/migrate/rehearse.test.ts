import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createReadConnections } from '../../src/adapters/postgres/connections.ts';
import type { BackupRef } from '../../src/domain/backup.ts';
import type { DatabaseRef, Encrypt, HttpTest, S3Ref, Side } from '../../src/domain/plan/index.ts';
import { upgradeFolder } from '../../src/domain/upgrade.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import {
  connect,
  makeNode,
  runner,
  sideOf,
  sql,
  startKongDatabases,
  upgrade,
  type Kong,
} from '../kong-adapter/fixture.ts';
import { admin, http, kill, start } from '../nodes/fixture.ts';
import { guard, migrateActivities } from './fixture.ts';
import { backup, fingerprints, finish, scratchNodes, startStore } from './rehearsal-fixture.ts';

let kong: Kong;
let s3: S3Ref;
let stopStore: () => Promise<void>;
let database: DatabaseRef;
let x: Side;
let y: Side;

beforeAll(async () => {
  kong = await startKongDatabases();
  // Folders of rehearsals are known by the run, which is the same whenever this test runs: not beside those of another one.
  vi.stubEnv('TMPDIR', mkdtempSync(join(kong.dir, 'tmp-')));
  ({ ref: s3, stop: stopStore } = await startStore(kong));
  database = await kong.database('3.4.2');
  x = sideOf('3.4.2', [await makeNode(kong.dir, 'x1')]);
  y = sideOf('3.9.1', [await makeNode(kong.dir, 'y1')]);
  await start(x, database);
  const [x1] = x.nodes;
  await admin(x1!, 'POST', '/services', { name: 'shop', url: x1!.status });
  await admin(x1!, 'POST', '/services/shop/routes', { name: 'shop', paths: ['/status'], strip_path: false });
  await admin(x1!, 'POST', '/plugins', { name: 'prometheus', config: { status_code_metrics: true } });
});
afterAll(async () => {
  await kill([...x.nodes, ...y.nodes]);
  await stopStore();
  await kong.stop();
});

const tests: HttpTest[] = [
  { name: 'the shop answers', method: 'GET', path: '/status', headers: {}, expect: { status: 200, headers: {} } },
];

async function take(label: BackupRef['label'], how: { encrypt?: Encrypt } = {}): Promise<BackupRef> {
  const dump = await backup.dumpDatabase({ database, s3, upgrade: upgrade(), label, leaveOut: [], ...how });
  const sealed = {
    s3,
    upgrade: upgrade(),
    label,
    objects: [dump],
    fingerprint: dump.sha256,
    versions: {},
    startedAt: upgrade().startedAt,
    ...how,
  };
  return backup.sealBackup({ ...sealed, fingerprint: (await fingerprints.compute(database)).whole });
}

const rehearse = (taken: BackupRef, changed: Partial<Side> = {}, how: { encrypt?: Encrypt } = {}) => {
  const plan = { y: { ...y, ...changed }, database, stage: { tests, compare: [] } };
  return finish.rehearseFinish({ plan, s3, upgrade: upgrade(), backup: taken, ...how });
};

async function nothingIsLeft(): Promise<void> {
  expect(await kong.postgres.query(`SELECT datname FROM pg_database WHERE datname LIKE 'crossfade%'`)).toEqual([]);
  expect(existsSync(join(tmpdir(), `crossfade-rehearsal-${upgrade().runId}`))).toBe(false);
}

const stateOfReal = () => migrateActivities().readMigrations({ side: 'y', cluster: y, database });

test('a backup from before "up": up and finish run on the copy, Y passes the tests there, nothing is left', async () => {
  const rehearsal = await rehearse(await take('before'));
  expect(rehearsal).toMatchObject({ testsPassed: 1, backup: { restored: true } });
  expect(rehearsal.migrations).toContain('rate-limiting/006_350_to_360');
  await nothingIsLeft();
  expect(await stateOfReal()).toMatchObject({ state: 'new', pending: [] });
});

test('what an earlier attempt left is ended first', async () => {
  await migrateActivities().migrateUp({ cluster: y, database, upgrade: upgrade() });
  const left = await scratchNodes.make(y, database, `rehearsal-${upgrade().runId}`);
  const [node] = left.nodes;
  await runner(left, database).start(node!);
  await waitFor('the left one answers', () => http.answers(node!));
  expect(await rehearse(await take('before-finish'))).toMatchObject({ testsPassed: 1 });
  expect(await http.answers(node!)).toBe(false);
  await nothingIsLeft();
  expect(await stateOfReal()).toMatchObject({ state: 'pending' });
});

test('tests that fail on the copy: refused, and nothing is left', async () => {
  const taken = await take('before-finish');
  const plan = { y, database, stage: { tests: [{ ...tests[0]!, path: '/elsewhere' }], compare: [] } };
  await expect(finish.rehearseFinish({ plan, s3, upgrade: upgrade(), backup: taken })).rejects.toMatchObject({
    code: 'RehearsalFailed',
    message: expect.stringContaining('the shop answers'),
  });
  await nothingIsLeft();
});

// Nothing but `finish` on a copy can show this one: an ordinary write through X between `up` and `finish`.
test('a rate limit with Redis that X wrote after "up": Y passes its tests, and the rehearsal finds what finish would do', async () => {
  const config = { minute: 5, policy: 'redis', redis_host: '127.0.0.1' };
  await admin(x.nodes[0]!, 'POST', '/services/shop/plugins', { name: 'rate-limiting', config });
  await start(y, database);
  expect((await fetch(`${y.nodes[0]!.proxy}/status`)).status).toBe(200);
  await expect(rehearse(await take('before-finish'))).rejects.toMatchObject({
    code: 'RehearsalFailed',
    message: expect.stringContaining('500'),
  });
  await nothingIsLeft();
});

test('nodes that are run by commands of the user: skipped, with the reason', async () => {
  const rehearsal = await rehearse(await take('before'), {
    runs: { on: 'command', host: 'h', kong: ['kong'], env: {} },
  });
  expect(rehearsal).toMatchObject({ migrations: [], testsPassed: 0, skipped: expect.any(String) });
});

test('a backup that can not be opened here: skipped, with the reason', async () => {
  const encrypt = { recipients: [await identityToRecipient(await generateX25519Identity())] };
  const rehearsal = await rehearse(await take('before-finish', { encrypt }), {}, { encrypt });
  expect(rehearsal).toEqual({ migrations: [], testsPassed: 0, skipped: expect.stringContaining('age') as string });
  await nothingIsLeft();
});

test('the facts for the guardrails', async () => {
  await guard.install(database, upgrade());
  await fingerprints.takeBaseline(database, upgrade(), 'freeze');
  const { manifestKey } = await take('before-finish');
  const told = { by: 'role', roles: [database.user] } as const;
  const known = { roles: [database.user], addresses: ['127.0.0.1'], others: [] };
  const read = (more = {}) =>
    finish.readFinishFacts({
      ...{ x, xStopped: false, told, known, database, upgrade: upgrade(), s3, manifestKey },
      ...more,
    });

  expect(await read()).toMatchObject({
    xAnswering: ['x1'],
    xRequests: 0,
    overSeconds: 3,
    drift: { total: 0 },
    backupThere: true,
  });
  expect((await read({ manifestKey: `crossfade/${upgradeFolder(upgrade())}/no.json` })).backupThere).toBe(false);

  expect(await read()).toMatchObject({
    xSessions: [expect.stringMatching(/^\d+ of kong@127\.0\.0\.1$/)],
    strangers: [],
  });
  expect((await read({ told: { by: 'role', roles: ['kong_x'] } })).xSessions).toEqual([]);
  expect((await read({ told: { by: 'nothing', why: 'alike' } })).xSessions).toBeUndefined();
  expect((await read({ known: { ...known, addresses: ['10.0.0.1'] } })).strangers).toEqual(['kong@127.0.0.1']);

  const reading = read();
  await waitFor('a request that is counted', async () => {
    await fetch(`${x.nodes[0]!.proxy}/status`);
    return Promise.race([reading.then(() => true), sleep(100, false)]);
  });
  expect((await reading).xRequests).toBeGreaterThan(0);

  await kill([...x.nodes, ...y.nodes]);
  const stopped = await read({ xStopped: true });
  expect(stopped.xAnswering).toEqual([]);
  expect(stopped.xSessions).toEqual([]);
  expect(stopped.xRequests).toBeUndefined();
  await guard.lift(database, upgrade());
});

test('connections are counted', async () => {
  const facts = await createReadConnections(connect)(database);
  expect(facts).toMatchObject({ max: 200, reserved: 3, serverMajor: expect.any(Number) });
  expect(facts.used).toBeGreaterThan(0);
  expect(await sql(database, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});
