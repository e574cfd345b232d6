import { describe, expect, test } from 'vitest';
import {
  acmePlugin,
  BY_HAND,
  CERTIFICATES,
  deleteCertificate,
  insertCertificate,
  NEW,
  OLD,
  upsertSni,
} from './acme-content.ts';
import { access, CONTENT, freeze, guard, session, sql, upgrade, withAdmin } from './fixture.ts';
import { me, setUp } from './setup.ts';

const REFUSED = { code: 'CF001' };
const here = setUp({ content: `${CERTIFICATES};${acmePlugin()}` });

const renewal = [insertCertificate(NEW), upsertSni('shop.example.com', NEW), deleteCertificate(OLD)];
const tagsOf = (id: string) => here.sql(`SELECT tags FROM tags WHERE entity_id = '${id}'`);

test.each(['3.4.2', '3.7.1', '3.9.1'])('Kong %s: a renewal passes, and is no drift', async (version) => {
  const database = withAdmin(await here.kong.database(version));
  await sql(database, `${CONTENT}; ${CERTIFICATES}; ${acmePlugin()}`);
  expect(await freeze.freezeConfiguration({ database, upgrade: me })).toMatchObject({
    frozen: true,
    nodeWriters: ['acme'],
  });
  await freeze.takeBaseline({ database, upgrade: me, label: 'freeze' });
  for (const statement of renewal) await sql(database, statement);
  expect(await sql(database, "SELECT certificate_id FROM snis WHERE name = 'shop.example.com'")).toEqual([
    { certificate_id: NEW },
  ]);
  expect((await freeze.checkDrift({ database, upgrade: me })).total).toBe(0);
  await freeze.thawConfiguration({ database, upgrade: me });
  await freeze.proveWritable({ database });
  expect(await sql(database, "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'crossfade%'")).toEqual([]);
});

describe('frozen', () => {
  const frozen = async () => {
    await freeze.freezeConfiguration(here.mine);
    await here.takeBaseline();
  };

  test('a certificate for a host that had none passes, with its tags', async () => {
    await frozen();
    await here.sql(insertCertificate(NEW));
    await here.sql(upsertSni('new.example.com', NEW));
    expect(await tagsOf(NEW)).toEqual([{ tags: ['managed-by-acme'] }]);
    expect((await here.drift()).total).toBe(0);
  });

  test('the tags that a person added to a certificate of the plugin go with it', async () => {
    await here.sql(`UPDATE certificates SET tags = '{managed-by-acme,team-a}' WHERE id = '${OLD}'`);
    await frozen();
    for (const statement of renewal) await here.sql(statement);
    expect(await tagsOf(OLD)).toEqual([]);
    expect((await here.drift()).total).toBe(0);
  });

  test('an SNI that a person made stays as it is; the plugin takes its certificate back', async () => {
    await frozen();
    await here.sql(insertCertificate(NEW));
    await expect(here.sql(upsertSni('www.example.com', NEW))).rejects.toMatchObject(REFUSED);
    await here.sql(deleteCertificate(NEW));
    expect(await here.sql('SELECT id FROM certificates ORDER BY id')).toEqual([{ id: OLD }, { id: BY_HAND }]);
  });

  test.each([
    ['a certificate without the tag', insertCertificate(NEW, `'{team-a}'`)],
    ['a certificate with one tag more', insertCertificate(NEW, `'{managed-by-acme,team-a}'`)],
    ['a certificate without tags', insertCertificate(NEW, 'NULL')],
    ['another key in a certificate of the plugin', `UPDATE certificates SET key = 'x' WHERE id = '${OLD}'`],
    ['a row taken away from the plugin', `UPDATE certificates SET tags = '{mine}' WHERE id = '${OLD}'`],
    ['a row given to the plugin', `UPDATE certificates SET tags = '{managed-by-acme}' WHERE id = '${BY_HAND}'`],
    ["a person's certificate deleted", deleteCertificate(BY_HAND)],
    ['an SNI taken away from the plugin', "UPDATE snis SET tags = NULL WHERE name = 'shop.example.com'"],
    ['an SNI given to the plugin', "UPDATE snis SET tags = '{managed-by-acme}' WHERE name = 'www.example.com'"],
    ['an SNI of the plugin renamed', "UPDATE snis SET name = 'x.example.com' WHERE name = 'shop.example.com'"],
    ['an SNI of the plugin deleted', "DELETE FROM snis WHERE name = 'shop.example.com'"],
    ["an SNI of the plugin pointed at a person's certificate", upsertSni('shop.example.com', BY_HAND)],
    ["a new SNI pointed at a person's certificate", upsertSni('new.example.com', BY_HAND)],
    ['a wildcard, which the plugin never gets a certificate for', upsertSni('*.example.com', OLD)],
    ['all of them', 'DELETE FROM snis'],
    ['all of them, at once', 'TRUNCATE certificates CASCADE'],
    ['the plugin turned off', "UPDATE plugins SET enabled = false WHERE name = 'acme'"],
  ])('refused: %s', async (_, statement) => {
    await frozen();
    await expect(here.sql(statement)).rejects.toMatchObject(REFUSED);
    expect((await here.drift()).total).toBe(0);
  });

  test('what a person changed behind the guard is drift, also when it was given to the plugin', async () => {
    await frozen();
    await here.smuggle(`UPDATE certificates SET tags = '{managed-by-acme}' WHERE id = '${BY_HAND}';
      UPDATE snis SET certificate_id = '${OLD}' WHERE name = 'www.example.com'`);
    expect((await here.drift()).changes).toMatchObject([
      { table: 'certificates', id: BY_HAND, change: 'removed' },
      { table: 'snis', name: 'www.example.com', fields: ['certificate_id'] },
    ]);
  });

  test('the proof does not believe in a trigger that is there', async () => {
    const asReplica = `ALTER ROLE kong IN DATABASE ${here.database.name}`;
    await here.kong.postgres.query(`${asReplica} SET session_replication_role = replica`, 'postgres');
    await expect(freeze.freezeConfiguration(here.mine)).rejects.toMatchObject({
      code: 'GuardNotProved',
      message: expect.stringMatching(/certificates.*snis/) as string,
    });
    await here.kong.postgres.query(`${asReplica} RESET session_replication_role`, 'postgres');
  });

  test('a migration may change columns that the guard looks at', async () => {
    const database = withAdmin(here.database);
    await freeze.freezeConfiguration({ database, upgrade: me });
    await access.run(database, me, async ({ env }) => {
      const login = { user: env['KONG_PG_USER'] ?? '', password: env['KONG_PG_PASSWORD'] ?? '' };
      const client = await session(here.kong, database, login);
      try {
        await client.query(`ALTER TABLE snis ALTER COLUMN name TYPE varchar(300), ADD COLUMN made_by_up text;
          UPDATE certificates SET key_alt = 'x'; UPDATE snis SET made_by_up = 'y'`);
      } finally {
        await client.end();
      }
    });
    await freeze.takeBaseline({ database, upgrade: me, label: 'up' });
    for (const statement of renewal) await here.sql(statement);
    await expect(here.sql('DELETE FROM snis')).rejects.toMatchObject(REFUSED);
    expect((await here.drift()).total).toBe(0);
    await freeze.thawConfiguration({ database, upgrade: me });
  });

  test('a copy of the frozen database is not frozen', async () => {
    await frozen();
    const { name } = here.database;
    await here.kong.postgres.query(`CREATE DATABASE ${name}_copy TEMPLATE ${name} OWNER kong`, 'postgres');
    const copy = { ...here.database, name: `${name}_copy` };
    await sql(copy, `UPDATE snis SET tags = NULL; DELETE FROM snis; ${deleteCertificate(BY_HAND)}`);
  });
});

describe('whether the plugin is in use', () => {
  test('turned off it counts: nodes of older versions renew all the same', async () => {
    await here.sql("UPDATE plugins SET enabled = false WHERE name = 'acme'");
    expect((await freeze.freezeConfiguration(here.mine)).nodeWriters).toEqual(['acme']);
  });

  test('without it every write is refused, also to what it once made', async () => {
    await here.sql("DELETE FROM plugins WHERE name = 'acme'");
    expect((await freeze.freezeConfiguration(here.mine)).nodeWriters).toEqual([]);
    for (const statement of [renewal[0] ?? '', deleteCertificate(OLD), 'DELETE FROM snis WHERE false'])
      await expect(here.sql(statement)).rejects.toMatchObject(REFUSED);
  });

  test('a plugin that is there since the freeze is seen by the next one: other triggers, none too many', async () => {
    await here.sql("DELETE FROM plugins WHERE name = 'acme'");
    await freeze.freezeConfiguration(here.mine);
    await here.smuggle(acmePlugin());
    expect((await guard.read(here.database)).frozen).toBe(false);
    expect((await freeze.freezeConfiguration(here.mine)).frozen).toBe(true);
    for (const statement of renewal) await here.sql(statement);
    await expect(here.sql('DELETE FROM snis')).rejects.toMatchObject(REFUSED);
  });
});

test('oauth2: a hash that a node wants to store anew is refused, which costs the client nothing; the state says so', async () => {
  const rehash = `UPDATE "oauth2_credentials" SET "client_secret" = '$pbkdf2-sha512$i=20000,l=32$c2FsdA$aGFzaA', "hash_secret" = true`;
  await here.sql(`INSERT INTO oauth2_credentials (id, name, client_id, client_secret, hash_secret, ws_id)
    SELECT gen_random_uuid(), 'app', 'id', '$pbkdf2-sha512$i=10000,l=32$c2FsdA$aGFzaA', true, id FROM workspaces`);
  expect((await freeze.freezeConfiguration(here.mine)).nodeWriters).toEqual(['acme']);
  await freeze.thawConfiguration(here.mine);
  await here.sql(`INSERT INTO plugins (id, name, config, enabled, ws_id, cache_key)
    SELECT gen_random_uuid(), 'oauth2', '{}', true, id, 'o' FROM workspaces`);
  expect((await freeze.freezeConfiguration(here.mine)).nodeWriters).toEqual(['acme', 'oauth2']);
  await expect(here.sql(rehash)).rejects.toMatchObject(REFUSED);
  await freeze.thawConfiguration({ database: here.database, upgrade: upgrade() });
  await here.sql('UPDATE oauth2_credentials SET hash_secret = false');
  expect((await freeze.freezeConfiguration(here.mine)).nodeWriters).toEqual(['acme']);
});
