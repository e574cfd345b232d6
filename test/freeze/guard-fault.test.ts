import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { withGuardCheck } from '../../src/adapters/postgres/guard-fault.ts';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import {
  connect,
  CONTENT,
  fingerprints,
  freeze,
  guard,
  sql,
  startKongDatabases,
  upgrade,
  withoutAdmin,
  type Kong,
} from './fixture.ts';

let kong: Kong;
let database: DatabaseRef;
const me = upgrade();
const { drift } = withGuardCheck(connect, fingerprints);

beforeAll(async () => void (kong = await startKongDatabases()));
afterAll(() => kong.stop());
beforeEach(async () => {
  database = withoutAdmin(await kong.database('3.6.1'));
  await sql(database, CONTENT);
  await freeze.freezeConfiguration({ database, upgrade: me });
  await freeze.takeBaseline({ database, upgrade: me, label: 'freeze' });
});

const asSuperuser = (text: string) => kong.postgres.query(text, database.name);

test('a guard that stands is no news', async () => {
  expect(await drift(database, me)).not.toHaveProperty('guardFault');
});

test('disabled, changed, enabled again: what was changed is found by type, id, name and field, never by value', async () => {
  await asSuperuser(`ALTER TABLE services DISABLE TRIGGER ALL; UPDATE services SET host = 'secret.internal', retries = 9;
    ALTER TABLE services ENABLE TRIGGER ALL`);
  const found = await drift(database, me);
  expect(found).toMatchObject({
    total: 1,
    changes: [
      {
        table: 'services',
        id: '00000000-0000-4000-8000-000000000001',
        name: 'billing',
        change: 'changed',
        fields: ['retries', 'host'],
      },
    ],
  });
  expect(found).not.toHaveProperty('guardFault');
  expect(JSON.stringify(found)).not.toContain('secret.internal');
});

test.each([
  ['disabled', 'ALTER TABLE services DISABLE TRIGGER ALL', /^the guard is missing, disabled or changed on services$/],
  ['enabled for replicas only', 'ALTER TABLE routes ENABLE REPLICA TRIGGER crossfade_guard', /on routes$/],
  [
    'dropped from two tables',
    'DROP TRIGGER crossfade_guard ON routes; DROP TRIGGER crossfade_guard ON consumers',
    /on .*consumers.*routes|on .*routes.*consumers/,
  ],
  ['dropped as a whole', 'DROP FUNCTION crossfade.guard() CASCADE', /not the one that was installed/],
  [
    'replaced by one that does nothing',
    "CREATE OR REPLACE FUNCTION crossfade.guard() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    /not the one that was installed/,
  ],
  [
    "replaced by Kong's own role, with the run's id in it",
    `SET ROLE kong; CREATE OR REPLACE FUNCTION crossfade.guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
       SET search_path = pg_catalog, pg_temp AS 'BEGIN /* run-1 */ RETURN NULL; END'`,
    /not the one that was installed/,
  ],
  [
    'a trigger of the same name that is asked never',
    `SET ROLE kong; DROP TRIGGER crossfade_guard ON services; CREATE TRIGGER crossfade_guard BEFORE INSERT ON services
       FOR EACH STATEMENT WHEN (false) EXECUTE FUNCTION crossfade.guard()`,
    /on services$/,
  ],
  [
    'passed by in every session of Kong',
    "ALTER ROLE kong SET session_replication_role = 'replica'",
    /session_replication_role = replica/,
  ],
  [
    'not on a new table of configuration',
    'CREATE TABLE things (id uuid PRIMARY KEY, tags text[]); ALTER TABLE things OWNER TO kong',
    /on things$/,
  ],
])('%s: found, also while nothing was changed; what comes next puts it back', async (_, change, text) => {
  await asSuperuser(change);
  try {
    const found = await drift(database, me);
    expect(found.guardFault?.kind).toBe('broken');
    expect(found.guardFault?.text).toMatch(text);
  } finally {
    await asSuperuser('ALTER ROLE kong RESET session_replication_role');
  }
  await freeze.takeBaseline({ database, upgrade: me, label: 'accepted drift' });
  expect(await drift(database, me)).toMatchObject({ total: 0 });
  expect(await drift(database, me)).not.toHaveProperty('guardFault');
});

test('open for a migration command', async () => {
  await guard.open(database, me);
  expect(await drift(database, me)).toMatchObject({
    guardFault: { kind: 'broken', text: 'the guard lets everything pass' },
  });
});

test('lifted by somebody, or frozen by somebody else since', async () => {
  await freeze.thawConfiguration({ database, upgrade: me });
  expect(await drift(database, me)).toMatchObject({
    total: 0,
    guardFault: { kind: 'lifted', text: 'somebody has lifted the freeze' },
  });
  const other = { ...upgrade('run-2'), workflowId: 'kong/orders' };
  await freeze.freezeConfiguration({ database, upgrade: other });
  expect((await drift(database, me)).guardFault?.text).toBe(
    'somebody has lifted the freeze, and it is frozen by kong/orders (run run-2) instead',
  );
});
