import { join } from 'node:path';
import { Readable } from 'node:stream';
import { defaultActivityInfo } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProbedStore } from '../../src/activities/check-store.ts';
import { createPreflightActivities, type PreflightDeps } from '../../src/activities/preflight.ts';
import { createProveEncryption } from '../../src/adapters/backup-objects/prove.ts';
import { createDeck } from '../../src/adapters/deck/deck.ts';
import { backupFiles } from '../../src/adapters/files/index.ts';
import { createKeyring } from '../../src/adapters/kong/keyring.ts';
import { createReadAdminRights } from '../../src/adapters/postgres/admin-rights.ts';
import { createReadConnections } from '../../src/adapters/postgres/connections.ts';
import { createFindDumpAccount } from '../../src/adapters/postgres/dump-account.ts';
import { createFingerprints } from '../../src/adapters/postgres/fingerprint.ts';
import { createReadPairFacts } from '../../src/adapters/postgres/pair-facts.ts';
import { createPostgresPrograms } from '../../src/adapters/postgres/programs.ts';
import { resolveHosts } from '../../src/adapters/network/resolve.ts';
import { createReadSessions } from '../../src/adapters/postgres/sessions.ts';
import { createReadSchemaFacts } from '../../src/adapters/postgres/schema-facts.ts';
import { createSeals } from '../../src/adapters/postgres/seal.ts';
import { createReadTagUsage } from '../../src/adapters/postgres/tag-usage.ts';
import { createReadWrittenSince } from '../../src/adapters/postgres/written-since.ts';
import { CrossfadeError } from '../../src/domain/errors/index.ts';
import type { Finding } from '../../src/domain/findings.ts';
import { planSchema, type Plan, type S3Ref } from '../../src/domain/plan/index.ts';
import {
  asActivity,
  connect,
  makeNode,
  runner,
  secrets,
  sideOf,
  sql,
  startKongDatabases,
  upgrade,
  type Kong,
} from '../kong-adapter/fixture.ts';
import { DECK } from '../backup/deck-command.ts';
import { bootstrapIn } from '../kong-adapter/schemas.ts';
import { guard, record } from '../migrate/fixture.ts';
import { admin, http, kill, start } from '../nodes/fixture.ts';

let kong: Kong;
let plan: Plan;
let x: Plan['x'];

const fingerprints = createFingerprints(connect);

beforeAll(async () => {
  kong = await startKongDatabases();
  const database = await kong.database('3.6.1');
  x = sideOf('3.6.1', [await makeNode(kong.dir, 'x1'), await makeNode(kong.dir, 'x2')]);
  const y = sideOf('3.7.1', [await makeNode(kong.dir, 'y1')]);
  await start(x, database);
  plan = {
    ...planSchema.parse({
      cluster: 'payments',
      x,
      y,
      database,
      path: { accept: 'minor', reason: 'no second database' },
      rehearsed: { waiver: { by: 'ada', reason: 'tried by hand' } },
      backup: { s3: { bucket: 'backups' } },
      traffic: { via: 'nginx', host: 'here', directory: '/nowhere', steps: [{ y: 100, bake: '1s' }] },
      verdict: {},
    }),
  };
});
afterAll(async () => {
  await kill(x.nodes);
  await kong.stop();
});

/** Has one bucket, which takes the object that is stored last. */
function storeOf(bucket: string): ProbedStore {
  const objects: Uint8Array[] = [];
  const require = (s3: S3Ref) => {
    if (s3.bucket !== bucket) throw new CrossfadeError('BucketMissing', `no ${s3.bucket}`);
  };
  return {
    async put(s3, _, body) {
      require(s3);
      objects.length = 0;
      for await (const chunk of body) objects.push(chunk);
      return { size: 0, sha256: '' };
    },
    get: () => Promise.resolve(Readable.from(objects)),
    list: () => Readable.from([]),
    remove: () => Promise.resolve([]),
    tryUpload: () => Promise.resolve(),
    abortOldUploads: () => Promise.resolve(),
  };
}

const deps: PreflightDeps = {
  runner,
  http,
  connections: createReadConnections(connect),
  schemaFacts: createReadSchemaFacts(connect),
  guard,
  seals: createSeals(connect),
  adminMay: createReadAdminRights(connect),
  dumpAccount: createFindDumpAccount(connect),
  sessions: createReadSessions(connect),
  resolveHosts,
  store: storeOf('backups'),
  fingerprints,
  record,
  tagUsage: createReadTagUsage(connect),
  pairFacts: createReadPairFacts(connect),
  writtenSince: createReadWrittenSince(connect),
  programs: createPostgresPrograms(process.env['PATH'] ?? ''),
  files: backupFiles,
  deck: createDeck(secrets, { PATH: process.env['PATH'] ?? '', HOME: '/' }),
  keyring: createKeyring(secrets),
  proveEncryption: createProveEncryption(secrets),
  outcomeOf: (workflow) => Promise.resolve(workflow === 'kong/staging' ? 'completed' : undefined),
};
const activities = createPreflightActivities(deps);

const check = (changed: Partial<Plan> = {}, frozen = false) =>
  asActivity(() => activities.checkRules({ plan: { ...plan, ...changed }, upgrade: upgrade(), frozen }));
const checkHost = (side: 'x' | 'y', cluster: Plan['x'], files: string[] = []) => {
  const at = { cluster, database: plan.database, files, encrypted: false };
  const pair = { x: x.version, accept: [], s3Prefix: 'crossfade' };
  const deck = { command: [DECK], ids: true, defaults: true };
  const backup = { deck, admin: x.nodes[0]!.admin, access: { headers: {} } };
  return asActivity(() => activities.checkHost(side === 'x' ? { ...at, side } : { ...at, side, pair, backup }));
};

const levels = (findings: readonly Finding[]) => Object.fromEntries(findings.map(({ rule, level }) => [rule, level]));
const refused = (findings: readonly Finding[]) =>
  findings.filter(({ level }) => level === 'refuse').map(({ rule }) => rule);

test('metrics that are off are refused; with them on, nothing is', async () => {
  expect(refused(await check())).toEqual(['metrics']);
  const config = { status_code_metrics: true, latency_metrics: true };
  await admin(x.nodes[0]!, 'POST', '/plugins', { name: 'prometheus', config });
  const found = await check();
  expect(levels(found)).toEqual({
    'version-path': 'warn',
    'x-ready': 'pass',
    'x-version': 'pass',
    topology: 'pass',
    'same-database': 'pass',
    'kong-schema': 'pass',
    'y-not-running': 'pass',
    metrics: 'pass',
    protocols: 'pass',
    rehearsed: 'warn',
    'freeze-limit': 'pass',
    database: 'pass',
    'known-writers': 'pass',
    'unknown-nodes': 'pass',
    'no-earlier-upgrade': 'pass',
    'database-admin': 'pass',
    'backup-store': 'pass',
    encrypt: 'warn',
    keyring: 'pass',
  });
});

test('routes that no entry point of the plan splits are named', async () => {
  const node = x.nodes[0]!;
  await admin(node, 'POST', '/services', { name: 'chat', url: 'grpc://10.0.0.9:50051' });
  await admin(node, 'POST', '/services/chat/routes', {
    name: 'chat-calls',
    protocols: ['grpc'],
    paths: ['/chat.Calls'],
  });
  try {
    const found = (await check()).filter(({ rule }) => rule === 'protocols');
    expect(found).toMatchObject([{ level: 'warn', message: expect.stringContaining('takes grpc, which no entry') }]);
    expect(found[0]?.message).toContain('chat-calls');
    const traffic = { ...plan.traffic, grpcPort: 8002 } as Plan['traffic'];
    expect(levels(await check({ traffic }))).toMatchObject({ protocols: 'pass' });
  } finally {
    await admin(node, 'DELETE', '/routes/chat-calls');
    await admin(node, 'DELETE', '/services/chat');
  }
});

test('everything that is wrong is reported at once, and nothing is thrown', async () => {
  const nowhere = {
    ...x.nodes[0]!,
    admin: 'http://127.0.0.1:9',
    proxy: 'http://127.0.0.1:9',
    status: 'http://127.0.0.1:9',
  };
  const found = await check({
    x: { ...x, version: '3.6.0', nodes: [nowhere, x.nodes[1]!] },
    y: { ...plan.y, nodes: [x.nodes[1]!] },
    path: undefined,
    rehearsed: { workflow: 'kong/other' },
    database: { ...plan.database, port: 9 },
    backup: { ...plan.backup, s3: { ...plan.backup.s3, bucket: 'missing' } },
  });
  expect(refused(found)).toEqual(
    expect.arrayContaining([
      'version-path',
      'x-ready',
      'x-version',
      'y-not-running',
      'metrics',
      'rehearsed',
      'database',
      'no-earlier-upgrade',
      'database-admin',
      'backup-store',
      'keyring',
    ]),
  );
  for (const { level, hint } of found) expect(hint === undefined).toBe(level === 'pass');
});

test("tables of Kong in a second schema: the plan has to name that of X's nodes", async () => {
  const inGw = await bootstrapIn('gw', plan.database);
  try {
    expect(refused(await check())).toEqual(['kong-schema']);
    expect(refused(await check({ database: { ...plan.database, schema: 'public' } }))).toEqual([]);
    const found = await check({ database: inGw });
    expect(refused(found)).toEqual(['kong-schema']);
    expect(found.find(({ rule }) => rule === 'kong-schema')?.message).toContain('would guard schema gw, and x1 uses');
    expect(refused(await check({ database: { ...plan.database, schema: 'nowhere' } }))).toContain('kong-schema');
  } finally {
    await sql(plan.database, 'DROP SCHEMA gw CASCADE');
  }
});

test('a rehearsal is read back', async () => {
  expect(levels(await check({ rehearsed: { workflow: 'kong/staging' } }))['rehearsed']).toBe('pass');
});

test('frozen: the guard must be there and the configuration unchanged', async () => {
  expect(refused(await check({}, true))).toEqual(['freeze-in-place', 'configuration-unchanged']);
  await guard.install(plan.database, upgrade());
  await fingerprints.takeBaseline(plan.database, upgrade(), 'freeze');
  expect(refused(await check({}, true))).toEqual([]);
  await guard.lift(plan.database, upgrade());
});

test('hosts: the commands, the migrations, programs and files', async () => {
  expect(levels(await checkHost('x', x))).toEqual({
    'kong-command-x': 'pass',
    'migrations-x': 'pass',
    'plugins-x': 'pass',
    'files-x': 'pass',
  });
  expect(levels(await checkHost('y', plan.y, [import.meta.filename]))).toEqual({
    'kong-command-y': 'pass',
    'migrations-y': 'pass',
    'plugins-y': 'pass',
    'plugins-in-use': 'pass',
    'planned-migrations': 'warn',
    'known-dangers': 'pass',
    'files-y': 'pass',
    'program-pg_dump': 'pass',
    'program-pg_restore': 'pass',
    'dump-account': 'pass',
    deck: 'pass',
  });
  expect(refused(await checkHost('y', { ...plan.y, version: '3.9.1' }, [join(kong.dir, 'missing')]))).toEqual([
    'kong-command-y',
    'files-y',
  ]);
  const missing = { ...x, runs: { ...x.runs, on: 'local' as const, kong: '/no/such/kong' } };
  expect(levels(await checkHost('x', missing))).toEqual({ 'kong-command-x': 'refuse', 'files-x': 'pass' });
});

test('pending migrations of an earlier upgrade are refused; those of this upgrade are its own', async () => {
  await sql(
    plan.database,
    `INSERT INTO schema_meta (key, subsystem, pending) VALUES ('schema_meta', 'ai-proxy', ARRAY['001_360_to_370'])`,
  );
  expect(refused(await checkHost('y', plan.y))).toEqual(['migrations-y']);
  const runId = defaultActivityInfo.workflowExecution?.runId ?? '';
  await record.begin(plan.database, { ...upgrade(), runId }, 'up', ['ai-proxy/001_360_to_370'], { to: '3.7.1' });
  expect(refused(await checkHost('y', plan.y))).toEqual([]);
});
