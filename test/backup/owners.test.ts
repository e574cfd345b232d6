import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { readManifest } from '../../src/activities/backup/documents.ts';
import type { BackupManifest } from '../../src/domain/backup.ts';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { CONTENT, fingerprints, sql, upgrade } from '../freeze/fixture.ts';
import { backupActivities, realDeps, startServers, store, type Servers } from './fixture.ts';

// On a machine that has much else to do.
vi.setConfig({ testTimeout: 300_000 });

let servers: Servers;
let database: DatabaseRef;
let run = 0;
const backup = backupActivities();

beforeAll(async () => {
  servers = await startServers();
  await asSuperuser(
    `CREATE ROLE other; CREATE ROLE "odd ""one"""; CREATE ROLE reads;
     CREATE ROLE maintainer LOGIN CREATEDB PASSWORD 'postgres'; GRANT kong, other, "odd ""one""" TO maintainer`,
    'postgres',
  );
});
afterAll(() => servers.stop());
beforeEach(async () => {
  database = await servers.kong.database('3.6.1');
  await sql(database, CONTENT);
  await asSuperuser(`
    COMMENT ON DATABASE ${database.name} IS 'it''s Kong''s'; ALTER DATABASE ${database.name} CONNECTION LIMIT 77;
    CREATE SCHEMA extra; CREATE TABLE extra.t (n serial); GRANT SELECT ON extra.t TO reads WITH GRANT OPTION;
    CREATE VIEW extra.v AS SELECT * FROM extra.t; CREATE MATERIALIZED VIEW extra.m AS SELECT 1 AS n; CREATE SEQUENCE extra.s;
    CREATE TYPE extra.colour AS ENUM ('red'); CREATE DOMAIN extra.d AS int; CREATE TYPE extra.pair AS (a int, b int);
    CREATE TYPE extra.r AS RANGE (subtype = int); SELECT lo_from_bytea(4711, 'x'); GRANT SELECT ON LARGE OBJECT 4711 TO reads;
    CREATE TABLE extra.parted (n int) PARTITION BY LIST (n); CREATE TABLE extra.part PARTITION OF extra.parted DEFAULT;
    CREATE PROCEDURE extra.p(INOUT a int) LANGUAGE sql AS 'SELECT 1';
    ALTER SCHEMA extra OWNER TO other; ALTER TABLE extra.t OWNER TO other; ALTER VIEW extra.v OWNER TO other;
    ALTER TABLE extra.m OWNER TO kong; ALTER SEQUENCE extra.s OWNER TO other; ALTER TYPE extra.colour OWNER TO other;
    ALTER DOMAIN extra.d OWNER TO other; ALTER TYPE extra.pair OWNER TO other; ALTER TYPE extra.r OWNER TO other;
    ALTER LARGE OBJECT 4711 OWNER TO other; ALTER TABLE extra.parted OWNER TO other; ALTER TABLE extra.part OWNER TO "odd ""one""";
    ALTER PROCEDURE extra.p OWNER TO other;
    CREATE FUNCTION mighty(a "char", b int[]) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
    REVOKE ALL ON FUNCTION mighty FROM PUBLIC; GRANT EXECUTE ON FUNCTION mighty TO kong`);
});

const asSuperuser = (text: string, name = database.name) => servers.kong.postgres.query(text, name);

async function take(): Promise<{ manifest: BackupManifest; manifestKey: string }> {
  const me = upgrade(`owners-${(run += 1)}`);
  const to = { s3: servers.ref, upgrade: me, label: 'before' } as const;
  const objects = [await backup.dumpDatabase({ database, ...to, leaveOut: [] })];
  const fingerprint = (await fingerprints.compute(database)).whole;
  const { manifestKey } = await backup.sealBackup({
    ...to,
    objects,
    fingerprint,
    versions: {},
    startedAt: me.startedAt,
  });
  return { manifestKey, manifest: await readManifest(store, servers.ref, manifestKey) };
}

const restore = ({ manifest, manifestKey }: Awaited<ReturnType<typeof take>>, name: string, on = database) =>
  realDeps.restore.intoNew(
    { s3: servers.ref },
    manifest,
    { on, name, manifestKey },
    { signal: new AbortController().signal },
  );

/** Everything with an owner, as PostgreSQL itself describes it, with the rights on it; limit and comment of the database. */
const owned = (name: string) =>
  asSuperuser(
    `SELECT o.type, o.identity, pg_get_userbyid(owner)::text AS owner,
            (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(acl) a) AS acl
       FROM (SELECT 'pg_class'::regclass AS class, oid, relowner AS owner, relacl AS acl, relnamespace AS space FROM pg_class
             UNION ALL SELECT 'pg_type'::regclass, oid, typowner, typacl, typnamespace FROM pg_type
             UNION ALL SELECT 'pg_proc'::regclass, oid, proowner, proacl, pronamespace FROM pg_proc
             UNION ALL SELECT 'pg_namespace'::regclass, oid, nspowner, nspacl, oid FROM pg_namespace
             UNION ALL SELECT 'pg_largeobject'::regclass, oid, lomowner, lomacl, 'public'::regnamespace FROM pg_largeobject_metadata) x,
            LATERAL pg_identify_object(class, oid, 0) AS o
      WHERE space IN ('public'::regnamespace, 'extra'::regnamespace) AND o.identity NOT LIKE 'extra.r_multirange%'
     UNION ALL SELECT 'database', shobj_description(oid, 'pg_database'), datconnlimit::text, NULL
                 FROM pg_database WHERE datname = current_database()
      ORDER BY 1, 2`,
    name,
  );

test('everything belongs to whom it belonged, with its rights; limit and comment of the database are there', async () => {
  const taken = await take();
  expect(taken.manifest.database?.owners).toContainEqual({
    ...{ on: 'ROUTINE public.mighty(pg_catalog."char", pg_catalog._int4)', owner: 'postgres', definer: true },
  });
  const { remarks, database: restored } = await restore(taken, 'of_all');
  expect(remarks).toEqual([]);
  expect(await owned('of_all')).toEqual(await owned(database.name));
  await realDeps.comparison.requireEqual(restored, taken.manifest.database!);
});

test('what an account may not give back is told, a function with the rights of its owner by name', async () => {
  const taken = await take();
  const maintainer = { ...database, admin: { user: 'maintainer', password: { env: 'ADMIN_PASSWORD' } } };
  const { remarks, database: restored } = await restore(taken, 'of_some', maintainer);
  const text = (pattern: RegExp) => expect.stringMatching(pattern) as string;
  expect(remarks).toEqual([
    text(
      /^ROUTINE public\.mighty\(.*\) belonged to postgres and belongs to kong now: as SECURITY DEFINER it runs with other rights \(ALTER .*: must be/,
    ),
    // Its owner may create nothing in the schema, and only a superuser passes over that.
    text(
      /^1 thing that belonged to odd "one" changed hands: TABLE extra\.part \(ALTER .*: permission denied for schema/,
    ),
  ]);
  await realDeps.comparison.requireEqual(restored, taken.manifest.database!);
});

test('roles that are gone: what belonged to them is told in one text for each', async () => {
  const taken = await take();
  const owners = (taken.manifest.database?.owners ?? []).map((one) =>
    one.owner !== 'other'
      ? one
      : { ...one, owner: 'gone', ...(one.on.startsWith('ROUTINE') ? { definer: true as const } : {}) },
  );
  const manifest = { ...taken.manifest, database: { ...taken.manifest.database!, owners } };
  const { remarks } = await restore({ ...taken, manifest }, 'of_gone');
  expect(remarks).toEqual([
    'ROUTINE extra.p(pg_catalog.int4) belonged to gone and belongs to kong now: as SECURITY DEFINER it runs with other rights (the role gone is not there)',
    expect.stringMatching(
      /^10 things that belonged to gone changed hands: SCHEMA extra, .*, … \(the role gone is not there\)$/,
    ),
  ]);
});
