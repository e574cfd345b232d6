import { beforeEach, describe, expect, test } from 'vitest';
import { createWriteProof } from '../../src/adapters/postgres/proof.ts';
import { asKong, connect, CONTENT, freeze, session, sql, withAdmin } from './fixture.ts';
import { me, setUp } from './setup.ts';

// Kong's own trigger removes what is over when something is inserted, so they come to their end afterwards.
const EXPIRED = `
  INSERT INTO keyauth_credentials (id, key, consumer_id, ws_id, ttl, tags)
  SELECT gen_random_uuid(), 'expired-' || n, '00000000-0000-4000-8000-000000000003', w.id, now() + interval '1 hour', '{c}'
    FROM generate_series(1, 3) AS n, workspaces AS w;
  UPDATE keyauth_credentials SET ttl = now() - interval '1 second' WHERE key LIKE 'expired%'`;
const here = setUp({ content: EXPIRED });

const UTC = "CURRENT_TIMESTAMP AT TIME ZONE 'UTC'";
/** As nodes delete expired rows: up to Kong 3.2 whatever there is, since then in batches and by their own clock. */
const unbounded = (table: string, column: string) => `DELETE FROM "${table}" WHERE "${column}" < ${UTC}`;
const inBatches = (table: string, column: string, now = UTC) =>
  `WITH rows AS (SELECT ctid FROM "${table}" WHERE "${column}" < ${now}
     ORDER BY "${column}" LIMIT 50000 FOR UPDATE SKIP LOCKED)
   DELETE FROM "${table}" WHERE ctid IN (TABLE rows)`;
const nodeTime = (ahead: number) => `TO_TIMESTAMP(${Date.now() / 1000 + ahead}) AT TIME ZONE 'UTC'`;

const keys = async () => (await here.sql('SELECT key FROM keyauth_credentials ORDER BY key')).map(({ key }) => key);
const LASTING = ['key-of-today', 'key-that-stays'];

describe('the clean-up of nodes', () => {
  test.each(['3.4.2', '3.6.1', '3.7.1', '3.9.1'])(
    'Kong %s: passes on every table, with and without expired rows',
    async (version) => {
      const database = withAdmin(await here.kong.database(version));
      await sql(database, `${CONTENT}; ${EXPIRED}`);
      await freeze.freezeConfiguration({ database, upgrade: me });
      const tables = await sql(
        database,
        `SELECT table_name AS name, column_name AS column FROM information_schema.columns
        WHERE table_schema = 'public' AND column_name IN ('ttl', 'expire_at') AND table_name <> 'locks'`,
      );
      expect(tables.length).toBeGreaterThan(6);
      for (const clean of [unbounded, inBatches, unbounded, inBatches])
        for (const { name, column } of tables) await sql(database, clean(String(name), String(column)));
      expect(await sql(database, 'SELECT key FROM keyauth_credentials ORDER BY key')).toEqual(
        LASTING.map((key) => ({ key })),
      );
      expect(await sql(database, "SELECT tags FROM tags WHERE tags = '{c}'")).toEqual([]);
    },
  );

  test.each(['Pacific/Kiritimati', 'America/Adak', 'UTC'])(
    'whatever time zone role and database have (%s), in a session of Kong as in one without it',
    async (zone) => {
      await freeze.freezeConfiguration(here.mine);
      await here.kong.postgres.query(
        `ALTER DATABASE ${here.database.name} SET TimeZone = '${zone}';
         ALTER ROLE kong IN DATABASE ${here.database.name} SET TimeZone = '${zone}'`,
        'postgres',
      );
      const client = await session(here.kong, here.database, asKong);
      try {
        // What this zone says about the statement is what happens; a session of Kong asks for UTC first.
        await client.query(inBatches('keyauth_credentials', 'ttl'));
        await client.query("SET TIME ZONE 'UTC'");
        await client.query(unbounded('keyauth_credentials', 'ttl'));
      } finally {
        await client.end();
      }
      const left = await keys();
      expect(left).toContain('key-that-stays');
      expect(left.filter((key) => String(key).startsWith('expired'))).toEqual([]);
      await expect(here.sql('DELETE FROM keyauth_credentials')).rejects.toMatchObject({ code: 'CF001' });
    },
  );

  test('a node whose clock is a little ahead is no fault, one that is far ahead is', async () => {
    await here.smuggle("UPDATE keyauth_credentials SET ttl = now() + interval '20 seconds' WHERE key = 'expired-1'");
    await freeze.freezeConfiguration(here.mine);
    await here.sql(inBatches('keyauth_credentials', 'ttl', nodeTime(30)));
    expect(await keys()).toEqual(LASTING);
    await expect(here.sql(inBatches('keyauth_credentials', 'ttl', nodeTime(7_200)))).rejects.toMatchObject({
      code: 'CF001',
    });
  });
});

describe('rows that expire', () => {
  beforeEach(() => freeze.freezeConfiguration(here.mine));

  test.each([
    ["a key's end put off", "UPDATE keyauth_credentials SET ttl = now() + interval '1 year' WHERE ttl < now()"],
    ["a key's end brought near", 'UPDATE keyauth_credentials SET ttl = now() WHERE ttl IS NULL'],
    ['a key that lives on', "DELETE FROM keyauth_credentials WHERE key = 'key-of-today'"],
    ['a key without end', "DELETE FROM keyauth_credentials WHERE key = 'key-that-stays'"],
    ['expired ones together with one that lives on', 'DELETE FROM keyauth_credentials WHERE ttl IS NOT NULL'],
    ['all at once', 'TRUNCATE keyauth_credentials'],
    ['their tags alone', "DELETE FROM tags WHERE tags = '{c}'"],
  ])('refused: %s', async (_, statement) => {
    await expect(here.sql(statement)).rejects.toMatchObject({ code: 'CF001' });
    expect(await keys()).toEqual(['expired-1', 'expired-2', 'expired-3', ...LASTING]);
  });

  test('the proof tries to delete one that does not expire', async () => {
    const proof = createWriteProof(connect);
    await proof.refused(here.database);
    await here.sql('ALTER TABLE keyauth_credentials DISABLE TRIGGER crossfade_guard_expired');
    await expect(proof.refused(here.database)).rejects.toMatchObject({
      code: 'GuardNotProved',
      message: expect.stringMatching(/on: keyauth_credentials\.$/) as string,
    });
    expect(await keys()).toHaveLength(5);
  });
});
