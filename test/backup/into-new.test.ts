import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readManifest } from '../../src/activities/backup/documents.ts';
import type { BackupManifest } from '../../src/domain/backup.ts';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { CONTENT, fingerprints, sql, upgrade } from '../freeze/fixture.ts';
import { backupActivities, realDeps, startServers, store, type Servers } from './fixture.ts';

let servers: Servers;
let database: DatabaseRef;
const backup = backupActivities();
let run = 0;

beforeAll(async () => void (servers = await startServers()));
afterAll(() => servers.stop());
beforeEach(async () => {
  database = await servers.kong.database('3.6.1');
  await sql(database, CONTENT);
});

/** As a superuser. */
const asAdmin = (text: string, name = database.name) => servers.kong.postgres.query(text, name);

async function take(): Promise<{ manifest: BackupManifest; manifestKey: string }> {
  const me = upgrade(`new-${(run += 1)}`);
  const to = { s3: servers.ref, upgrade: me, label: 'before' } as const;
  const object = await backup.dumpDatabase({ database, ...to, leaveOut: [] });
  const fingerprint = (await fingerprints.compute(database)).whole;
  const { manifestKey } = await backup.sealBackup({
    ...{ ...to, objects: [object], fingerprint, versions: {}, startedAt: me.startedAt },
  });
  return { manifestKey, manifest: await readManifest(store, servers.ref, manifestKey) };
}

const restore = ({ manifest, manifestKey }: Awaited<ReturnType<typeof take>>, name: string) =>
  realDeps.restore.intoNew(
    { s3: servers.ref },
    manifest,
    { on: database, name, manifestKey },
    { signal: new AbortController().signal },
  );

const rightsIn = async (name: string) => {
  const rows = await asAdmin(
    `SELECT 'database' AS what, (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(datacl) a) AS acl FROM pg_database WHERE datname = current_database()
     UNION ALL SELECT 'schema', (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(nspacl) a) FROM pg_namespace WHERE nspname = 'public'
     UNION ALL SELECT relname, (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(relacl) a) FROM pg_class WHERE relname IN ('services', 'Odd "table"', 'odd_sequence')
     UNION ALL SELECT proname, (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(proacl) a) FROM pg_proc WHERE proname = 'odd_function'
     ORDER BY 1`,
    name,
  );
  return Object.fromEntries(rows.map(({ what, acl }) => [what, acl]));
};

test('owner, rights, settings and rows are as they were; Crossfade leaves nothing of its own in it', async () => {
  const { name } = database;
  await asAdmin(`CREATE ROLE "report's ""role""" LOGIN; CREATE ROLE owns_it; CREATE ROLE leaves;
    ALTER DATABASE ${name} OWNER TO owns_it; REVOKE ALL ON DATABASE ${name} FROM PUBLIC;
    GRANT CONNECT ON DATABASE ${name} TO "report's ""role""" WITH GRANT OPTION; GRANT CREATE, CONNECT ON DATABASE ${name} TO kong;
    GRANT USAGE, CREATE ON SCHEMA public TO kong; GRANT SELECT, UPDATE ON services TO "report's ""role""", leaves;
    CREATE TABLE "Odd ""table""" (n int); ALTER TABLE "Odd ""table""" OWNER TO kong; GRANT SELECT ON "Odd ""table""" TO PUBLIC;
    CREATE SEQUENCE odd_sequence; ALTER SEQUENCE odd_sequence OWNER TO kong;
    GRANT USAGE ON odd_sequence TO "report's ""role""";
    CREATE FUNCTION odd_function(a integer, b text[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
    ALTER FUNCTION odd_function OWNER TO kong; REVOKE ALL ON FUNCTION odd_function FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION odd_function TO "report's ""role""";
    ALTER DATABASE ${name} SET statement_timeout = '90s'; ALTER DATABASE ${name} SET app.mode = 'it''s on';
    ALTER ROLE kong IN DATABASE ${name} SET search_path = public, "$user", "an odd, one";
    ALTER ROLE leaves IN DATABASE ${name} SET work_mem = '5MB'`);
  const before = await rightsIn(name);
  const taken = await take();
  expect(taken.manifest.database).toMatchObject({
    ...{ owner: 'owns_it', tablesOwner: 'kong', locale: { encoding: 'UTF8' } },
    migrations: { executed: expect.arrayContaining(['core/000_base']) as string[], pending: [] },
  });
  expect(taken.manifest.database?.bytes).toBeGreaterThan(1_000_000);
  await asAdmin('DROP OWNED BY leaves; DROP ROLE leaves');

  const { database: restored, remarks } = await restore(taken, 'restored_one');
  expect(remarks).toEqual(['the role leaves is not there']);
  await realDeps.comparison.requireEqual(restored, taken.manifest.database!);
  const withoutLeaves = { ...before, services: String(before['services']).replace(/ ?leaves=\S+/, '') };
  expect(await rightsIn('restored_one')).toEqual(withoutLeaves);
  expect(
    await asAdmin(
      `SELECT pg_get_userbyid(datdba)::text AS owner,
              (SELECT array_agg(DISTINCT pg_get_userbyid(relowner)::text) FROM pg_class WHERE relnamespace = 'public'::regnamespace) AS tables,
              current_setting('statement_timeout') AS timeout, current_setting('app.mode') AS mode
         FROM pg_database WHERE datname = current_database()`,
      'restored_one',
    ),
  ).toEqual([{ owner: 'owns_it', tables: ['kong'], timeout: '90s', mode: "it's on" }]);
  expect(await sql(restored, "SELECT current_setting('search_path') AS path")).toEqual([
    { path: 'public, "$user", "an odd, one"' },
  ]);
  expect(await asAdmin("SELECT FROM pg_namespace WHERE nspname = 'crossfade'", 'restored_one')).toEqual([]);
});

test('what an earlier attempt left under the name is replaced; anything else never is', async () => {
  const taken = await take();
  await restore(taken, 'restored_two');
  await sql({ ...database, name: 'restored_two' }, 'DELETE FROM plugins');
  const { database: again } = await restore(taken, 'restored_two');
  await realDeps.comparison.requireEqual(again, taken.manifest.database!);
  const other = await take();
  await expect(restore(other, 'restored_two')).rejects.toMatchObject({ code: 'DatabaseNameTaken' });
  await expect(restore(taken, database.name)).rejects.toMatchObject({ code: 'DatabaseNameTaken' });
  expect(await sql(database, 'SELECT count(*)::int AS n FROM plugins')).toEqual([{ n: 1 }]);
});

test('a dump that can not be restored leaves no database', async () => {
  const taken = await take();
  const broken = { ...taken.manifest, objects: taken.manifest.objects.map((one) => ({ ...one, size: one.size + 1 })) };
  await expect(restore({ ...taken, manifest: broken }, 'restored_three')).rejects.toMatchObject({
    code: 'BackupDamaged',
  });
  expect(await asAdmin("SELECT FROM pg_database WHERE datname = 'restored_three'", 'postgres')).toEqual([]);
});

test('a locale that the server lacks is final, and says what to install; a library is not loaded into every session', async () => {
  const { manifest, manifestKey } = await take();
  const facts = manifest.database;
  if (facts === undefined) throw new Error('the backup has no facts');
  const as = (changed: Partial<typeof facts>, name: string) =>
    restore({ manifestKey, manifest: { ...manifest, database: { ...facts, ...changed } } }, name);

  await expect(
    as({ locale: { encoding: 'UTF8', collate: 'xx_YY', ctype: 'xx_YY' } }, 'elsewhere'),
  ).rejects.toMatchObject({
    code: 'RestoreFailed',
    message: expect.stringMatching(/has not the locale .*collation xx_YY.*locale-gen/) as string,
  });

  const settings = [{ name: 'session_preload_libraries', value: 'evil' }];
  const { remarks } = await as({ settings }, 'preloaded');
  expect(remarks).toEqual(['session_preload_libraries is not set again, since it loads code into each session: evil']);
  expect(await asAdmin('SELECT 1 AS works', 'preloaded')).toEqual([{ works: 1 }]);
});
