import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitFor } from '../../sandbox/wait-for.ts';
import { sql, startKongDatabases, type Kong } from '../kong-adapter/fixture.ts';
import { PENDING } from './fixture.ts';
import { begin } from './orphan.ts';

let kong: Kong;
beforeAll(async () => void (kong = await startKongDatabases()));
afterAll(() => kong.stop());

test("Kong's lock is held by somebody: up waits for it, has done nothing, and works afterwards", async () => {
  const { activities, database, input } = await begin(kong);
  await sql(database, `INSERT INTO locks VALUES ('migrations', 'a person', now() + interval '600 seconds')`);
  const first = activities.migrateUp(input);
  first.catch(() => undefined);
  await waitFor('it asks whether the lock is free again', async () => {
    const asking = `SELECT FROM pg_stat_activity WHERE usename LIKE 'crossfade_migrator%' AND query LIKE 'SELECT%FROM locks%'`;
    return (await kong.postgres.query(asking, database.name)).length > 0;
  });
  await sql(database, 'DELETE FROM locks');
  await expect(first).rejects.toMatchObject({
    code: 'MigrationAborted',
    message: expect.stringContaining('aborted: another node is performing database changes') as string,
  });
  expect((await activities.migrateUp(input)).after).toMatchObject({ state: 'pending', pending: PENDING });
});

test("Kong's lock has expired: up works at once", async () => {
  const { activities, database, input } = await begin(kong);
  await sql(database, `INSERT INTO locks VALUES ('migrations', 'long gone', now() - interval '1 second')`);
  expect((await activities.migrateUp(input)).after).toMatchObject({ state: 'pending', pending: PENDING });
  expect(await sql(database, 'SELECT FROM locks')).toEqual([]);
});
