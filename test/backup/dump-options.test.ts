import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readManifest } from '../../src/activities/backup/documents.ts';
import { sql } from '../freeze/fixture.ts';
import { useBackups } from './database-fixture.ts';
import { realDeps, store } from './fixture.ts';

const b = useBackups();
const { byHand, drill, dump, fileOf, seal } = b;

describe('encrypted with age', () => {
  test('with an identity: listed, restored; and people open it with what they know', async () => {
    const identity = await generateX25519Identity();
    const file = join(b.servers.kong.dir, `key-${b.me.runId}`);
    writeFileSync(file, `# of the tests\n${identity}\n`);
    const encrypt = { recipients: [await identityToRecipient(identity)], identity: { file } };
    const object = await dump({ encrypt });
    expect(object.key).toMatch(/\/database\.dump\.zst\.age$/);
    const sealed = await seal([object], { encrypt });
    expect(sealed).toMatchObject({ encrypted: true, verified: true });
    expect(sealed.notListed).toBeUndefined();
    expect(await drill(sealed, { encrypt })).toMatchObject({ restored: true });
    const restored = await byHand('by_hand_with_age', `age -d -i "${file}" "${fileOf(object.key)}" | zstd -d`);
    const { database: facts } = await readManifest(store, b.servers.ref, sealed.manifestKey);
    await realDeps.comparison.requireEqual(restored, facts!);
  });

  test('without one: what was stored is there, and that nobody looked into it is said', async () => {
    const encrypt = { recipients: [await identityToRecipient(await generateX25519Identity())] };
    const object = await dump({ encrypt });
    const sealed = await seal([object], { encrypt });
    const why = expect.stringContaining('no `backup.encrypt.identity`') as string;
    expect(sealed).toMatchObject({ encrypted: true, verified: true, notListed: why });
    expect(await readManifest(store, b.servers.ref, sealed.manifestKey)).toMatchObject({
      ...{ recipients: encrypt.recipients, notListed: why },
    });
    expect(await drill(sealed, { encrypt })).toMatchObject({ restored: false, notRestored: why });
    writeFileSync(fileOf(object.key), 'something else');
    await expect(seal([object], { encrypt })).rejects.toMatchObject({ code: 'BackupDamaged' });
  });
});

describe('tables that are left out', () => {
  const count = (table: string) =>
    sql(
      b.database,
      `INSERT INTO ${table} (identifier, period, period_date, service_id, route_id, value)
      SELECT gen_random_uuid(), 'minute', now(), gen_random_uuid(), gen_random_uuid(), n FROM generate_series(1, 500) n`,
    );

  test('are there, empty, and the manifest says so', async () => {
    await count('ratelimiting_metrics');
    const whole = await dump();
    const object = await dump({ leaveOut: ['ratelimiting_metrics'] });
    expect(object.content).toBeLessThan(whole.content);
    const sealed = await seal([object]);
    const { database: facts } = await readManifest(store, b.servers.ref, sealed.manifestKey);
    expect(facts?.leftOut).toEqual(['public.ratelimiting_metrics']);
    expect(facts?.rows['public.ratelimiting_metrics']).toBe(0);
    expect(await drill(sealed)).toMatchObject({ restored: true });
  });

  test('must be there, and hold nothing but counters: else nothing is dumped', async () => {
    await expect(dump({ leaveOut: ['consumers', 'no_such_table', 'ratelimiting_metrics'] })).rejects.toMatchObject({
      code: 'TableNotLeftOut',
      message: expect.stringMatching(/no table no_such_table; consumers holds more than counters/) as string,
    });
    expect(existsSync(fileOf(`crossfade/payments/2026-01-01T00-00-00-000Z_${b.me.runId}`))).toBe(false);
  });
});
