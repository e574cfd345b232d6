import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { provePluginSets } from '../../src/activities/plugin-sets.ts';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { runner, sql, startKongDatabases, upgrade, type Kong } from '../kong-adapter/fixture.ts';
import { EXECUTED, migrateActivities, PENDING } from '../migrate/fixture.ts';
import { checkX, checkY, find, levelsOf, sideWith } from './fixture.ts';

let kong: Kong;
let x342: DatabaseRef;
beforeAll(async () => {
  kong = await startKongDatabases();
  x342 = await kong.database('3.4.2');
});
afterAll(() => kong.stop());

const addPlugin = (database: DatabaseRef, name: string, config: object = {}) =>
  sql(
    database,
    `INSERT INTO plugins (id, name, config, enabled, ws_id, cache_key)
       SELECT gen_random_uuid(), '${name}', '${JSON.stringify(config)}', true, id, gen_random_uuid() FROM workspaces`,
  );

test('what `up` and `finish` will do is shown before anything is changed', async () => {
  const found = await checkY(sideWith('3.9.1', {}), x342, { x: '3.4.2' });
  expect(levelsOf(found)).toEqual({
    'migrations-y': 'pass',
    'plugins-y': 'pass',
    'plugins-in-use': 'pass',
    'planned-migrations': 'warn',
    'known-dangers': 'pass',
  });
  const { message = '', hint } = find(found, 'planned-migrations') ?? {};
  const [up = '', finish = ''] = message.split(' `finish`: ');
  for (const name of EXECUTED) expect(up).toContain(name);
  for (const name of PENDING) expect(finish).toContain(name);
  expect(hint).toContain('`up` has no undo');
});

test('a migration that nobody knows is named', async () => {
  const database = await kong.database('3.9.1');
  // One from before 2.8, which the table does not have, stands for a custom plugin's.
  await sql(
    database,
    `UPDATE schema_meta SET executed = array_remove(executed, '002_130_to_140'), pending = ARRAY['002_130_to_140'] WHERE subsystem = 'acl'`,
  );
  const found = await checkY(sideWith('3.9.1', {}), database, { x: '3.9.0' });
  expect(find(found, 'unknown-migrations')).toMatchObject({
    level: 'warn',
    message: 'Nothing is known of: acl/002_130_to_140.',
  });
});

describe('dangers that depend on the data', () => {
  const redis = { policy: 'redis', redis_host: 'r' };
  const accept = [{ risk: 'up-not-repeatable', reason: 'the host is ours alone tonight' }];

  test('`up` to 3.6.1 takes the Redis settings away: refused where plugins use them, and never accepted', async () => {
    const database = await kong.database('3.4.2');
    const y = sideWith('3.6.1', {});
    expect(levelsOf(await checkY(y, database, { x: '3.4.2' }))).toMatchObject({ 'up-not-repeatable': 'refuse' });
    const calm = await checkY(y, database, { x: '3.4.2', accept });
    expect(find(calm, 'up-not-repeatable')).toMatchObject({
      level: 'warn',
      message: expect.stringContaining('the host is ours alone tonight'),
    });
    expect(find(calm, 'up-breaks-x')).toBeUndefined();

    await addPlugin(database, 'rate-limiting', { minute: 5, policy: 'local' });
    expect(find(await checkY(y, database, { x: '3.4.2', accept }), 'up-breaks-x')).toBeUndefined();
    await addPlugin(database, 'rate-limiting', { minute: 5, ...redis });
    await addPlugin(database, 'acme', { storage: 'redis' });
    const refused = find(
      await checkY(y, database, { x: '3.4.2', accept: [...accept, { risk: 'up-breaks-x', reason: 'we try' }] }),
      'up-breaks-x',
    );
    expect(refused).toMatchObject({ level: 'refuse', hint: expect.stringContaining('Upgrade to 3.7 or later') });
    expect(refused?.message).toContain('acme (1), rate-limiting (1)');
  });

  test('the judgement is the same after `up` as before: what was accepted is still there', async () => {
    const database = await kong.database('3.4.2');
    const y = sideWith('3.6.1', {});
    await migrateActivities().migrateUp({ cluster: y, database, upgrade: upgrade() });
    const found = levelsOf(await checkY(y, database, { x: '3.4.2', accept, runId: upgrade().runId }));
    expect(found).toMatchObject({ 'migrations-y': 'pass', 'up-not-repeatable': 'warn' });
    expect(found).not.toHaveProperty('accepted-risks');
  });

  test('`finish` of 3.7.1 crashes on an opentelemetry plugin without a queue', async () => {
    const database = await kong.database('3.4.2');
    await addPlugin(database, 'opentelemetry', { endpoint: 'http://o', queue: { max_batch_size: 1 } });
    expect(find(await checkY(sideWith('3.7.1', {}), database, { x: '3.4.2' }), 'finish-fails')).toBeUndefined();
    await addPlugin(database, 'opentelemetry', { endpoint: 'http://o', queue: null });
    await addPlugin(database, 'opentelemetry', { endpoint: 'http://o' });
    expect(find(await checkY(sideWith('3.7.1', {}), database, { x: '3.4.2' }), 'finish-fails')).toMatchObject({
      level: 'refuse',
      message: expect.stringMatching(/: 2\.$/),
    });
    expect(find(await checkY(sideWith('3.9.1', {}), database, { x: '3.4.2' }), 'finish-fails')).toBeUndefined();
  });

  test('what is accepted and is not there is named', async () => {
    expect(find(await checkY(sideWith('3.9.1', {}), x342, { x: '3.4.2', accept }), 'accepted-risks')).toMatchObject({
      level: 'refuse',
      message: 'migrations.accept names what this upgrade does not have: up-not-repeatable.',
    });
  });
});

describe('plugin sets', () => {
  const fewer = { KONG_PLUGINS: 'key-auth,prometheus' };

  test('a node of Y that knows more than the first, by whose settings `up` runs, is named', async () => {
    const found = await checkY(sideWith('3.9.1', fewer, {}), x342, { x: '3.4.2' });
    const { level, message = '' } = find(found, 'plugins-y') ?? {};
    expect(level).toBe('refuse');
    expect(message).toContain('new for n2 only: ');
    for (const name of PENDING) expect(message).toContain(name);
    expect(message).not.toContain('core/');
  });

  test('the same after `up`, by settings that preflight did not see', async () => {
    const database = await kong.database('3.4.2');
    const y = sideWith('3.9.1', fewer, {});
    await expect(migrateActivities().migrateUp({ cluster: y, database, upgrade: upgrade() })).rejects.toMatchObject({
      code: 'PluginSetDiffers',
      message: expect.stringContaining('new for n2 only: '),
    });
    const equal = sideWith('3.9.1', fewer, fewer);
    await expect(provePluginSets(runner(equal, database), equal)).resolves.toBeUndefined();
  });

  test("X's nodes too: each with its own plugins", async () => {
    const database = await kong.database('3.4.2');
    await sql(database, "DELETE FROM schema_meta WHERE subsystem = 'acme'");
    const x = sideWith('3.4.2', fewer, {});
    expect(levelsOf(await checkX(x, database))).toEqual({ 'migrations-x': 'pass', 'plugins-x': 'refuse' });
    expect(levelsOf(await checkX(sideWith('3.4.2', {}, {}), x342))).toEqual({
      'migrations-x': 'pass',
      'plugins-x': 'pass',
    });
  });

  test('a plugin that is configured and that Y does not load', async () => {
    const database = await kong.database('3.4.2');
    await addPlugin(database, 'my-own');
    await addPlugin(database, 'key-auth');
    const conf = join(kong.dir, 'y.conf');
    writeFileSync(conf, 'log_level = notice\n# plugins = off\nplugins = bundled, my-own # and ours\n');
    const knows = sideWith('3.9.1', { KONG_PLUGINS: 'bundled,my-own' }, {}, {});
    const nodes = knows.nodes.map((node, index) => (index === 2 ? { ...node, conf } : node));
    expect(find(await checkY({ ...knows, nodes }, database, { x: '3.4.2' }), 'plugins-in-use')).toMatchObject({
      level: 'refuse',
      message: 'Configured plugins that Y would not start with: n2 does not load my-own.',
    });
  });
});
