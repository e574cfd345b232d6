import { beforeEach, expect, test } from 'vitest';
import { fingerprints, freeze, upgrade } from './fixture.ts';
import { setUp } from './setup.ts';

const here = setUp();
const { takeBaseline: baseline, drift, smuggle: change } = here;

beforeEach(() => freeze.freezeConfiguration(here.mine));

test('the same configuration has the same fingerprint, in whatever order its rows lie', async () => {
  const first = await baseline();
  expect(first).toMatchObject({ whole: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  expect(first.tables).toBeGreaterThan(20);
  await change("UPDATE services SET name = 'x'; UPDATE services SET name = 'billing'; SET TimeZone = 'Asia/Tokyo'");
  expect(await drift()).toMatchObject({ total: 0, changes: [], fingerprint: { whole: first.whole, rows: first.rows } });
  await here.kong.postgres.query(
    `ALTER ROLE kong IN DATABASE ${here.database.name} SET TimeZone = 'Asia/Tokyo'`,
    'postgres',
  );
  expect((await fingerprints.compute(here.database)).whole).toBe(first.whole);
});

test('drift names entity and fields, and never a value', async () => {
  const { whole } = await baseline();
  await change(`
    UPDATE services SET host = 'evil.example.com', port = 81;
    UPDATE plugins SET config = config || '{"minute": 6, "redis": {"host": "secret-redis"}}';
    DELETE FROM routes;
    UPDATE keyauth_credentials SET key = 'a-new-secret-key' WHERE ttl IS NULL;
    INSERT INTO consumers (id, username) VALUES ('00000000-0000-4000-8000-00000000000a', 'mallory')`);
  const found = await drift();
  expect(found.fingerprint.whole).not.toBe(whole);
  expect(found.total).toBe(5);
  const id = (last: string) => `00000000-0000-4000-8000-00000000000${last}`;
  expect(found.changes).toEqual([
    { table: 'consumers', id: id('a'), name: 'mallory', change: 'added' },
    { table: 'keyauth_credentials', id: id('5'), change: 'changed', fields: ['key'] },
    {
      table: 'plugins',
      id: id('4'),
      name: 'rate-limiting',
      change: 'changed',
      fields: ['config.minute', 'config.redis'],
    },
    { table: 'routes', id: id('2'), name: 'billing-v1', change: 'removed' },
    { table: 'services', id: id('1'), name: 'billing', change: 'changed', fields: ['host', 'port'] },
  ]);
  expect(JSON.stringify(found)).not.toMatch(/evil|secret/);
  const kept = JSON.stringify(await here.sql('SELECT * FROM crossfade.baseline_row'));
  expect(kept).not.toMatch(/billing\.internal|key-that-stays/);
});

test('a new baseline ends the drift; what a migration adds is told by its column', async () => {
  await baseline();
  await change('ALTER TABLE services ADD COLUMN tls_sans jsonb; ALTER TABLE routes DROP COLUMN headers');
  expect((await drift()).changes).toMatchObject([
    { table: 'routes', fields: ['headers'] },
    { table: 'services', fields: ['tls_sans'] },
  ]);
  await baseline();
  expect((await drift()).total).toBe(0);
});

test('rows that expire, and their tags, are no part of it', async () => {
  const { whole } = await baseline();
  await here.sql('DELETE FROM keyauth_credentials WHERE ttl < now()');
  await change("DELETE FROM keyauth_credentials WHERE ttl IS NOT NULL; DELETE FROM tags WHERE tags = '{b}'");
  expect(await drift()).toMatchObject({ total: 0, fingerprint: { whole } });
});

test('the first 50 of many changes, and how many there are', async () => {
  await baseline();
  await change(
    "INSERT INTO consumers (id, username) SELECT gen_random_uuid(), 'c' || n FROM generate_series(1, 120) n",
  );
  const { changes, total } = await drift();
  expect([changes.length, total]).toEqual([50, 120]);
});

test('no baseline: an error, not "no drift"', async () => {
  await expect(drift()).rejects.toMatchObject({ code: 'BaselineMissing' });
  await baseline();
  await expect(freeze.checkDrift({ database: here.database, upgrade: upgrade('run-9') })).rejects.toMatchObject({
    code: 'BaselineMissing',
  });
});

test('a baseline needs the freeze, and guards tables that came since', async () => {
  await here.kong.postgres.query(
    'CREATE TABLE my_config (id uuid PRIMARY KEY, tags text[]); ALTER TABLE my_config OWNER TO kong',
    here.database.name,
  );
  await baseline();
  await expect(here.sql('DELETE FROM my_config')).rejects.toMatchObject({ code: 'CF001' });
  await freeze.thawConfiguration(here.mine);
  await expect(baseline()).rejects.toMatchObject({ code: 'NotFrozen' });
});
