import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../../sandbox/wait-for.ts';
import { configure, write } from './configure.ts';
import { useEcho } from './echo.ts';
import { send } from './http.ts';
import { has, kongs } from './kongs.ts';
import { useStages, type Extra, type Role, type Stage } from './stage.ts';

const openStage = useStages();
const upstream = useEcho();
const alice = { apikey: 'alice-key' };
const UNEXPECTED = { message: 'An unexpected error occurred' };

async function started(stage: Stage, release: string, extra: Extra = {}): Promise<Role> {
  const role = await stage.role('x', release, extra);
  await role.kong(['migrations', 'bootstrap']);
  await role.kong(['start']);
  await configure(role, upstream());
  await role.kong(['reload']);
  return role;
}

function errorLog(role: Role): string {
  const file = join(role.prefix, 'logs', 'error.log');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

const FREEZE = `CREATE SCHEMA guard;
  CREATE FUNCTION guard.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'frozen: %', TG_TABLE_NAME; END $$;
  GRANT USAGE ON SCHEMA guard TO kong;
  CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON services FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse();
  CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON keyauth_credentials FOR EACH STATEMENT EXECUTE FUNCTION guard.refuse();`;

const UNKNOWN = '978d0b68-143e-4652-97d9-888cd80749db';

/** Admin API writes with what was recorded for them while the tables refuse writes. */
const FROZEN = [
  ['PUT', '/services/new', { url: 'http://a.test' }, 500],
  ['POST', '/services', { url: 'http://a.test' }, 500],
  ['PATCH', '/services/echo', { retries: '3' }, 500],
  ['POST', '/consumers/alice/key-auth', { key: 'k2' }, 500],
  ['DELETE', '/services/nosuch', {}, 204],
  ['PATCH', `/services/${UNKNOWN}`, { retries: '3' }, 404],
  ['POST', '/services', { url: 'notaurl' }, 400],
  ['PUT', `/services/${UNKNOWN}/plugins/${UNKNOWN}`, {}, 404],
] as const;

for (const kong of kongs().filter((each) => has(each, ['3.6.1']))) {
  describe(`recorded with a database that refuses: ${kong.label}`, () => {
    test('frozen tables: writes are 500 without the cause, which is in the error log; reads and traffic go on', async () => {
      const stage = await openStage(kong);
      try {
        const role = await started(stage, '3.6.1', { _DEBUG_PG_TTL_CLEANUP_INTERVAL: '1' });
        await stage.query(FREEZE);
        for (const [method, path, form, status] of FROZEN) {
          const answer = await send(`${role.admin}${path}`, { method, form });
          expect(answer.status, `${method} ${path}: ${answer.text}`).toBe(status);
          if (status === 500) expect(answer.json).toEqual(UNEXPECTED);
        }
        const probe = await send(`${role.admin}/services/${UNKNOWN}`, { method: 'PATCH', form: { retries: '3' } });
        expect(probe.json).toEqual({
          ...{ code: 6, name: 'not found', fields: { id: UNKNOWN } },
          message: `could not find the entity with primary key '{id="${UNKNOWN}"}'`,
        });
        expect(errorLog(role)).toMatch(
          /\[error\] .*ERROR: frozen: services, client: .*"PUT \/services\/new HTTP\/1.1"/,
        );
        expect((await send(`${role.admin}/services/echo`)).status).toBe(200);
        expect((await send(`${role.proxy}/r1`, { headers: alice })).status).toBe(200);
        await waitFor('the clean-up was refused', () =>
          /\[warn\] .*unable to clean expired rows from table 'keyauth_credentials'.*ERROR: frozen/.test(
            errorLog(role),
          ),
        );
        await stage.query('DROP SCHEMA guard CASCADE');
        await write(role, 'PATCH', '/services/echo', { retries: '4' });
        for (const [command, text] of [
          ['reload', 'Kong reloaded\n'],
          ['restart', 'Kong stopped\nKong started\n'],
        ] as const) {
          await stage.query(FREEZE);
          expect(await role.kong([command])).toMatchObject({ code: 0, stdout: text });
          await stage.query('DROP SCHEMA guard CASCADE');
        }
      } finally {
        await stage.close();
      }
    });

    test('no way into the database: what is cached is served, the rest is 500, ready is 503, health is good', async () => {
      const stage = await openStage(kong);
      try {
        const own = `${stage.database}_x`;
        await stage.query(
          `CREATE ROLE ${own} LOGIN PASSWORD 'kong-secret' IN ROLE kong; ALTER ROLE ${own} SET role = kong`,
        );
        const role = await started(stage, '3.6.1', { PG_USER: own });
        expect((await stage.query(`SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'`))[0]).toEqual(
          { tableowner: 'kong' },
        );
        expect((await send(`${role.proxy}/r1`, { headers: alice })).status).toBe(200);
        await stage.query(
          `ALTER ROLE ${own} NOLOGIN; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${own}'`,
        );

        const status = await send(`${role.admin}/status`);
        expect(status.status).toBe(200);
        expect(status.json).toMatchObject({ database: { reachable: false } });
        expect(await send(`${role.status}/status/ready`)).toMatchObject({
          status: 503,
          json: { message: 'failed to connect to database' },
        });
        expect((await role.kong(['health'])).code).toBe(0);
        expect((await send(`${role.proxy}/r1`, { headers: alice })).status).toBe(200);
        const unknown = await send(`${role.proxy}/r1`, { headers: { apikey: 'nobody' } });
        expect(unknown).toMatchObject({ status: 500, json: UNEXPECTED });
        expect(await send(`${role.admin}/services/echo`)).toMatchObject({ status: 500, json: UNEXPECTED });
        const refused = `failed to retrieve PostgreSQL server_version_num: FATAL: role "${own}" is not permitted to log in`;
        for (const command of [['reload'], ['migrations', 'list']]) {
          const ended = await role.kong(command);
          expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining(refused) as string });
        }
        const restart = await role.kong(['restart']);
        expect(restart).toMatchObject({
          code: 1,
          stdout: 'Kong stopped\n',
          stderr: expect.stringContaining(refused) as string,
        });
        expect((await role.kong(['health'])).code).toBe(1);

        await stage.query(`ALTER ROLE ${own} LOGIN`);
        await role.kong(['start']);
        expect(await send(`${role.status}/status/ready`)).toMatchObject({ status: 200, json: { message: 'ready' } });
        await stage.close();
        await stage.query(`ALTER ROLE ${own} RESET role; DROP ROLE ${own}`);
      } finally {
        await stage.close();
      }
    });
  });
}
