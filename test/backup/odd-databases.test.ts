import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { readManifest } from '../../src/activities/backup/documents.ts';
import type { BackupManifest } from '../../src/domain/backup.ts';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { CONTENT, fingerprints, sql, upgrade, withoutAdmin } from '../freeze/fixture.ts';
import { nodeAt, runner, sideOf } from '../kong-adapter/fixture.ts';
import { backupActivities, realDeps, startServers, store, type Servers } from './fixture.ts';

// On a machine that has much else to do.
vi.setConfig({ testTimeout: 300_000 });

let servers: Servers;
let database: DatabaseRef;
let run = 0;
let me = upgrade();
const backup = backupActivities();

beforeAll(async () => void (servers = await startServers()));
afterAll(() => servers.stop());
beforeEach(async () => {
  me = upgrade(`run-${(run += 1)}`);
  database = await servers.kong.database('3.6.1');
});

interface Proved {
  readonly manifest: BackupManifest;
  /** What a query finds in the real database, and in a copy made from the backup. */
  same(query: string): Promise<Record<string, unknown>[]>;
}

/** Dumps, seals and drills it; everything that is compared there is equal. */
async function proved(of: DatabaseRef = database): Promise<Proved> {
  const s3 = servers.ref;
  const target = { s3, upgrade: me, label: 'before' } as const;
  const objects = [await backup.dumpDatabase({ ...target, database: of, leaveOut: [] })];
  const fingerprint = (await fingerprints.compute(of)).whole;
  const sealed = await backup.sealBackup({ ...target, objects, fingerprint, versions: {}, startedAt: me.startedAt });
  expect(await backup.drillRestore({ s3, database: of, upgrade: me, backup: sealed })).toMatchObject({
    restored: true,
  });
  const { manifestKey } = sealed;
  const manifest = await readManifest(store, s3, manifestKey);
  const { signal } = new AbortController();
  return {
    manifest,
    same: (query) =>
      realDeps.restore.inScratch(
        { s3 },
        manifest,
        { on: of, manifestKey, purpose: 'test' },
        { signal },
        async (copy) => {
          const there = await sql(copy, query);
          expect(there).toEqual(await sql(of, query));
          return there;
        },
      ),
  };
}

test('2,000 tables', async () => {
  await sql(
    database,
    `DO $$ BEGIN FOR n IN 1..2000 LOOP
       EXECUTE format('CREATE TABLE many_%s (id int PRIMARY KEY, text text)', n);
       IF n % 10 = 0 THEN EXECUTE format('INSERT INTO many_%s SELECT i, i::text FROM generate_series(1, %s) i', n, n % 7); END IF;
     END LOOP; END $$`,
  );
  const { manifest } = await proved();
  const rows = Object.entries(manifest.database?.rows ?? {}).filter(([name]) => name.startsWith('public.many_'));
  expect(rows).toHaveLength(2_000);
  expect(manifest.database?.rows['public.many_1990']).toBe(1990 % 7);
});

test('names with quotes, backslashes, blanks, line ends and letters of all kinds; keywords', async () => {
  const schema = `"Schéma ""x"" \\ 表 'y' $1 %s"`;
  const table = `"select" `;
  await sql(
    database,
    `CREATE SCHEMA ${schema};
     CREATE TABLE ${schema}.${table} ("from" int PRIMARY KEY, "a ""b"" \\ ä" text, "--" bytea);
     CREATE TABLE ${schema}.U&"new\\000Aline" ("x;y" int REFERENCES ${schema}.${table});
     CREATE INDEX "Index ""mit"" Ümlaut" ON ${schema}.${table} ("a ""b"" \\ ä");
     INSERT INTO ${schema}.${table} VALUES (1, E'tab\\t \\\\. \\\\N "quotes" ''x'' 表\\r\\n', '\\x00ff5c0a'), (2, NULL, '');
     INSERT INTO ${schema}.U&"new\\000Aline" VALUES (1), (1), (2);
     CREATE TABLE "user" (id int); CREATE TABLE "Größe ""quoted"" 表" (id int); INSERT INTO "user" VALUES (1)`,
  );
  const { manifest, same } = await proved();
  const rows = manifest.database?.rows ?? {};
  expect(rows[`Schéma "x" \\ 表 'y' $1 %s.select`]).toBe(2);
  expect(rows[`Schéma "x" \\ 表 'y' $1 %s.new\nline`]).toBe(3);
  expect(rows['public.Größe "quoted" 表']).toBe(0);
  expect(await same(`SELECT * FROM ${schema}.${table} ORDER BY 1`)).toHaveLength(2);
});

test('100 MB in one value', async () => {
  await sql(
    database,
    `CREATE TABLE large_values (id int, content bytea); ALTER TABLE large_values ALTER content SET STORAGE EXTERNAL;
     INSERT INTO large_values SELECT 1, decode(repeat('00ff5c27', 26214400), 'hex')`,
  );
  const { same } = await proved();
  const [{ bytes, hash } = {}] = await same('SELECT length(content) AS bytes, md5(content) AS hash FROM large_values');
  expect(bytes).toBe(104_857_600);
  expect(hash).toMatch(/^[0-9a-f]{32}$/);
});

test("Kong's tables without a row", async () => {
  const names = (await sql(database, "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"))
    .map(({ name }) => String(name))
    .filter((name) => name !== 'schema_meta');
  await sql(database, `TRUNCATE ${names.join(', ')} CASCADE`);
  const { manifest } = await proved();
  const rows = Object.entries(manifest.database?.rows ?? {}).filter(([, count]) => count > 0);
  expect(rows.map(([name]) => name)).toEqual(['public.schema_meta']);
});

test('a database without any table is none of Kong, and nothing is stored', async () => {
  await servers.kong.postgres.createDatabase('empty', 'kong');
  const target = { s3: servers.ref, upgrade: me, label: 'before', leaveOut: [] } as const;
  const failed = backup.dumpDatabase({ ...target, database: { ...database, name: 'empty' } });
  await expect(failed).rejects.toMatchObject({ code: 'NotKongDatabase' });
  for await (const { key } of store.list(servers.ref, 'crossfade/')) expect(key).not.toContain(me.runId);
});

test('what else a database may hold', async () => {
  await sql(
    database,
    `CREATE TABLE parted (at date, n int) PARTITION BY RANGE (at);
     CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
     CREATE TABLE parted_2 PARTITION OF parted DEFAULT;
     INSERT INTO parted VALUES ('2026-02-01', 1), ('2026-08-01', 2), ('2026-09-01', 3);
     CREATE TABLE parent (n int); CREATE TABLE child () INHERITS (parent);
     INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2), (3);
     CREATE UNLOGGED TABLE unlogged_one AS SELECT generate_series(1, 5) AS n;
     CREATE TABLE made (n int GENERATED ALWAYS AS IDENTITY, twice int GENERATED ALWAYS AS (n * 2) STORED, name text);
     INSERT INTO made (name) VALUES ('a'), ('b');
     CREATE SEQUENCE counted; SELECT setval('counted', 4711);
     CREATE TYPE colour AS ENUM ('red', 'green'); CREATE DOMAIN positive AS int CHECK (VALUE > 0);
     CREATE TABLE typed (c colour, p positive, r int4range, EXCLUDE USING gist (r WITH &&));
     INSERT INTO typed VALUES ('green', 1, '[1,5)');
     CREATE VIEW seen AS SELECT n FROM parted; CREATE MATERIALIZED VIEW kept AS SELECT sum(n) AS n FROM parted;
     CREATE FUNCTION answer() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 42; END';
     CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
     CREATE TRIGGER noted BEFORE INSERT ON made FOR EACH ROW EXECUTE FUNCTION note();
     SELECT lo_from_bytea(4711, '\\x0001ff'); COMMENT ON TABLE made IS 'a comment; with "all" kinds of ''quotes''';
     ALTER TABLE made ENABLE ROW LEVEL SECURITY; CREATE POLICY everybody ON made USING (true)`,
  );
  const { manifest, same } = await proved();
  const rows = manifest.database?.rows ?? {};
  expect([rows['public.parted_1'], rows['public.parted_2'], rows['public.parent'], rows['public.child']]).toEqual([
    1, 2, 1, 2,
  ]);
  expect(rows).toMatchObject({ 'public.unlogged_one': 5, 'public.made': 2, 'public.typed': 1 });
  const found = await same(
    `SELECT (SELECT last_value FROM counted)::int AS sequence, (SELECT sum(twice) FROM made)::int AS generated,
            encode(lo_get(4711), 'hex') AS object, (SELECT n FROM kept)::int AS kept, (SELECT sum(n) FROM seen)::int AS seen,
            answer(), obj_description('made'::regclass) AS comment, (SELECT count(*) FROM pg_policies)::int AS policies`,
  );
  expect(found).toMatchObject([
    { sequence: 4711, generated: 6, object: '0001ff', kept: 6, seen: 6, answer: 42, policies: 1 },
  ]);
});

test('extensions: those that the owner may create, and one that only a superuser may, in a schema of its own', async () => {
  const { postgres } = servers.kong;
  const query = `SELECT DISTINCT name FROM pg_available_extension_versions
                  WHERE name IN ('pgcrypto', 'hstore', 'pg_trgm', 'citext', 'pg_stat_statements', 'pageinspect')`;
  const available = (await postgres.query(query)).map(({ name }) => String(name));
  await sql(database, "CREATE SCHEMA watched; COMMENT ON TABLE services IS 'a comment'");
  const into = (name: string) => (name === 'pg_stat_statements' ? 'SCHEMA watched' : '');
  for (const name of available) await postgres.query(`CREATE EXTENSION ${name} ${into(name)}`, database.name);
  const { manifest, same } = await proved();
  const found = await same(
    'SELECT extname, nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace ORDER BY 1',
  );
  expect(found.map(({ extname }) => extname)).toEqual([...available, 'plpgsql'].sort());

  const { restore } = realDeps;
  const target = { on: database, name: 'with_extensions', manifestKey: 'a-key' };
  const { signal } = new AbortController();
  const { remarks } = await restore.intoNew({ s3: servers.ref }, manifest, target, { signal });
  expect(remarks.join()).toContain('comments on tables and the like are missing, because of pageinspect');
});

test('an extension that nobody may create there: the backup counts, and says why it was not restored', async () => {
  const { postgres } = servers.kong;
  await postgres.query('CREATE EXTENSION pageinspect', database.name);
  await postgres.query('ALTER ROLE kong CREATEDB', 'postgres');
  const of = withoutAdmin(database);
  const target = { s3: servers.ref, upgrade: me, label: 'before' } as const;
  const objects = [await backup.dumpDatabase({ ...target, database: of, leaveOut: [] })];
  const fingerprint = (await fingerprints.compute(of)).whole;
  const sealed = await backup.sealBackup({ ...target, objects, fingerprint, versions: {}, startedAt: me.startedAt });
  expect(await backup.drillRestore({ s3: servers.ref, database: of, upgrade: me, backup: sealed })).toMatchObject({
    verified: true,
    restored: false,
    notRestored: expect.stringMatching(/kong may not create the extension pageinspect/) as string,
  });
  await postgres.query('ALTER ROLE kong NOCREATEDB', 'postgres');
});

test('another encoding than UTF-8', async () => {
  await servers.kong.postgres.query(
    `CREATE DATABASE latin OWNER kong TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'`,
    'postgres',
  );
  const latin: DatabaseRef = { ...database, name: 'latin' };
  const side = sideOf('3.6.1', [nodeAt('bootstrap', servers.kong.dir, [1, 2, 3])]);
  const bootstrapped = await runner(side, latin).kong(['migrations', 'bootstrap'], { timeoutMs: 60_000 });
  expect(bootstrapped).toMatchObject({ exitCode: 0 });
  await sql(latin, `${CONTENT}; CREATE TABLE "Größe" ("é" text); INSERT INTO "Größe" VALUES ('Ünïcödé')`);
  const { manifest, same } = await proved(latin);
  expect(manifest.database?.locale).toMatchObject({ encoding: 'LATIN1', collate: 'C' });
  expect(await same('SELECT "é" AS it, octet_length("é") AS bytes FROM "Größe"')).toEqual([
    { it: 'Ünïcödé', bytes: 7 },
  ]);
});
