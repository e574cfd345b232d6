import { expect, test } from 'vitest';
import { createDumpComparison } from '../../src/adapters/postgres/dump-comparison.ts';
import { readDumpFacts } from '../../src/adapters/postgres/dump-facts.ts';
import { withConnection } from '../../src/adapters/postgres/connect.ts';
import { KeptConnection } from '../../src/adapters/postgres/kept-connection.ts';
import { createReadSchemaFacts } from '../../src/adapters/postgres/schema-facts.ts';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { bootstrapIn } from '../kong-adapter/schemas.ts';
import { CONTENT, connect, freeze, sql } from './fixture.ts';
import { me, setUp } from './setup.ts';

// Tables of Kong with content in `public`, where every session is by itself, and those that the nodes use in `gw`.
const setup = setUp();

async function both(): Promise<DatabaseRef> {
  const gw = { ...setup.database, schema: 'gw' };
  await bootstrapIn('gw', setup.database);
  await sql(gw, CONTENT);
  return gw;
}

const rename = (schema: string) => `UPDATE ${schema}.services SET name = 'renamed'`;

test('the named schema is guarded, and no other', async () => {
  const gw = await both();
  const { guardedTables } = await freeze.freezeConfiguration({ database: gw, upgrade: me });
  await expect(sql(gw, rename('gw'))).rejects.toMatchObject({ code: 'CF001' });
  await setup.sql(rename('public'));
  const triggers = await sql(
    gw,
    `SELECT DISTINCT relnamespace::regnamespace::text AS schema, count(DISTINCT c.oid)::int AS tables
       FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE tgname LIKE 'crossfade%' GROUP BY 1`,
  );
  expect(triggers).toEqual([{ schema: 'gw', tables: guardedTables }]);
  expect(await freeze.readFreeze({ database: gw })).toMatchObject({ frozen: true, guardedTables });

  await freeze.thawConfiguration({ database: gw, upgrade: me });
  await sql(gw, rename('gw'));
});

test('drift is looked for in the named schema', async () => {
  const gw = await both();
  await freeze.freezeConfiguration({ database: gw, upgrade: me });
  await freeze.takeBaseline({ database: gw, upgrade: me, label: 'test' });
  await setup.smuggle(rename('public'));
  expect((await freeze.checkDrift({ database: gw, upgrade: me })).total).toBe(0);
  await setup.smuggle(rename('gw'));
  expect(await freeze.checkDrift({ database: gw, upgrade: me })).toMatchObject({
    total: 1,
    changes: [{ table: 'services' }],
  });
});

test('a restored copy is compared by the named schema', async () => {
  const gw = await both();
  const facts = { ...(await withConnection(connect(gw), (client) => readDumpFacts(client))), program: 'pg_dump' };
  const copy = { ...gw, name: `${gw.name}_copy` };
  await setup.kong.postgres.query(`CREATE DATABASE ${copy.name} TEMPLATE ${gw.name} OWNER kong`, 'postgres');
  const comparison = createDumpComparison(connect);
  await setup.kong.postgres.query(rename('public'), copy.name);
  await comparison.requireEqual(copy, facts);
  await setup.kong.postgres.query(rename('gw'), copy.name);
  await expect(comparison.requireEqual(copy, facts)).rejects.toMatchObject({ code: 'RestoreDiffers' });
});

test('named and without tables of Kong: an error, and no other schema instead', async () => {
  const nowhere = { ...setup.database, schema: 'gw' };
  const refused = {
    code: 'NotKongDatabase',
    message: expect.stringContaining('schema_meta in schema gw, which the plan names') as string,
  };
  await expect(freeze.freezeConfiguration({ database: nowhere, upgrade: me })).rejects.toMatchObject(refused);
  await expect(freeze.readFreeze({ database: nowhere })).rejects.toMatchObject(refused);
  await expect(createReadSchemaFacts(connect)(nowhere)).rejects.toMatchObject(refused);
});

test('the account of database.admin is in the schema, too', async () => {
  const admin = { user: 'postgres', password: { env: 'ADMIN_PASSWORD' } };
  const gw = { ...(await both()), admin };
  const here = await withConnection(connect(gw, { as: 'admin' }), (client) => client.query('SELECT current_schema()'));
  expect(here.rows).toEqual([{ current_schema: 'gw' }]);
});

test('the connection that is kept stays in the schema when it is cleaned', async () => {
  const gw = await both();
  await freeze.freezeConfiguration({ database: gw, upgrade: me });
  const client = await connect(gw);
  const kept = new KeptConnection(
    client,
    gw.schema,
    () => connect(gw),
    () => undefined,
  );
  try {
    await kept.look();
    const lent = await kept.lend();
    const { rows } = (await lent?.query("SELECT current_schema(), current_setting('crossfade.schema') AS named")) ?? {};
    expect(rows).toEqual([{ current_schema: 'gw', named: 'gw' }]);
    await lent?.end();
  } finally {
    await kept.close();
  }
});

test('which schemas have tables of Kong, and where sessions are by themselves', async () => {
  const read = createReadSchemaFacts(connect);
  expect(await read(setup.database)).toEqual({ guarded: 'public', all: ['public'], byDefault: 'public' });
  const gw = await both();
  expect(await read(setup.database)).toMatchObject({ guarded: 'public', all: ['public', 'gw'] });
  expect(await read(gw)).toEqual({ guarded: 'gw', all: ['gw'], byDefault: 'public' });
  await setup.sql(`ALTER ROLE kong IN DATABASE ${gw.name} SET search_path = gw`);
  expect(await read(gw)).toEqual({ guarded: 'gw', all: ['gw'], byDefault: 'gw' });
});
