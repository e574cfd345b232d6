import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { scratchName } from '../../src/adapters/postgres/scratch.ts';
import { withoutAdmin } from '../freeze/fixture.ts';
import { useBackups } from './database-fixture.ts';
import { connect, scratch, startServers } from './fixture.ts';

const b = useBackups();
const { drill, dump, fileOf, fingerprint, inScratch, next, scratchNames, seal } = b;

describe('a scratch database that a crash left', () => {
  const leave = (name: string) => b.servers.kong.postgres.createDatabase(name, 'kong');

  test('is dropped by the next attempt, whoever is still connected to it', async () => {
    const sealed = await seal([await dump()]);
    const name = scratchName('drill', sealed.manifestKey);
    await leave(name);
    const left = await connect({ ...b.database, name });
    expect(await drill(sealed)).toMatchObject({ restored: true });
    await expect(left.query('SELECT 1')).rejects.toThrow();
    expect(await scratchNames()).toEqual([]);
  });

  test('is dropped by a later upgrade when nobody uses it; one that is in use stays', async () => {
    await leave('crossfade_scratch_drill_of_the_dead');
    const sealed = await seal([await dump()]);
    await inScratch(sealed, async () => {
      next();
      expect(await drill(await seal([await dump()]))).toMatchObject({ restored: true });
      expect(await scratchNames()).toEqual([scratchName('test', sealed.manifestKey)]);
    });
    expect(await scratchNames()).toEqual([]);
  });
});

test('a drill on another server, which is kept as an object beside the manifest', async () => {
  const other = await startServers();
  try {
    const on = { ...(await other.kong.database('3.6.1')), name: 'postgres' };
    const sealed = await seal([await dump()]);
    expect(await drill(sealed, { on })).toMatchObject({ restored: true });
    const drilled = JSON.parse(
      readFileSync(fileOf(sealed.manifestKey.replace('manifest', 'drill')), 'utf8'),
    ) as unknown;
    expect(drilled).toMatchObject({ on: `${on.host}:${on.port}`, fingerprint: await fingerprint() });
    const left = "SELECT FROM pg_database WHERE datname LIKE 'crossfade%'";
    expect(await other.kong.postgres.query(left, 'postgres')).toEqual([]);
  } finally {
    await other.stop();
  }
});

test('nobody may create a scratch database: the backup counts, and says that it was not restored and why', async () => {
  const sealed = await seal([await dump()]);
  expect(await drill(sealed, { on: withoutAdmin(b.database) })).toMatchObject({
    verified: true,
    restored: false,
    notRestored: expect.stringContaining('role kong may not create') as string,
  });
});

test('only scratch databases are ever dropped', async () => {
  const never = scratch.use(b.database, b.database.name, 'UTF8', () => Promise.reject(new Error('it was made')));
  await expect(never).rejects.toThrow('not the name of a scratch database');
});
