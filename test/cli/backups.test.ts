import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backupLines } from '../../src/cli/backups-text.ts';
import { noPaint } from '../../src/cli/io.ts';
import { chooseBackup, type BackupRow } from '../../src/domain/backups/index.ts';
import type { S3Ref } from '../../src/domain/plan/index.ts';
import { startServer, store, type S3Server } from '../backup/s3-fixture.ts';
import { storeBackup } from '../backup/stored-backup.ts';
import { testPlan } from '../support/workflow-environment-plan.ts';
import { crossfade } from './crossfade.ts';

let server: S3Server;
let dir: string;
beforeAll(async () => {
  server = await startServer();
  dir = mkdtempSync(join(tmpdir(), 'crossfade-backups-'));
});
afterAll(async () => {
  rmSync(dir, { recursive: true });
  await server.stop();
});

const env = { S3_SECRET: 'sandbox-secret', WRONG: 'not-the-secret' };
function backups(args: string[] = [], changes: Partial<S3Ref> = {}) {
  const file = join(dir, 'plan.json');
  const plan = testPlan('payments', { backup: { s3: { ...server.ref, ...changes } } });
  writeFileSync(file, JSON.stringify({ ...plan, cluster: 'payments' }));
  return crossfade(['backups', file, ...args], { env });
}

test('none yet', async () => {
  const where = `in bucket backups at ${server.s3.endpoint}, below crossfade/payments/`;
  expect(await backups()).toEqual({ code: 0, out: `payments has no backups ${where}.`, err: '' });
  expect(await backups(['--json'])).toMatchObject({ code: 0, out: '[]' });
});

test('whole and half ones, newest first, for people and for programs', async () => {
  const dead = await storeBackup(server, 20, { manifest: false });
  const before = await storeBackup(server, 3, { restored: true, packing: ['zstd', 'age'] });
  const finish = await storeBackup(server, 3, { upgrade: before.upgrade, label: 'before-finish' });
  const broken = await storeBackup(server, 9);
  await store.remove(server.ref, [broken.keys.dump]);

  const { code, out } = await backups();
  expect(code).toBe(0);
  const lines = out.split('\n');
  expect(lines[0]).toMatch(/^payments: 4 backups, \d+ B, in bucket backups at http:.*, below crossfade\/payments\/$/);
  expect(lines[2]).toMatch(/^NAME +AGE +SIZE +OBJECTS +KONG +ENCRYPTED +STATE$/);
  const rest = lines.slice(3, 7).map((line) => line.replace(/ {2,}/g, ' | '));
  expect(rest).toEqual([
    `${finish.id} | 3 d | 4 B | 1 | 3.4.2 → 3.9.1 | no | verified`,
    `${before.id} | 3 d | 4 B | 1 | 3.4.2 → 3.9.1 | age | verified, restored for a test`,
    `${broken.id} | 9 d | 4 B | 1 | 3.4.2 → 3.9.1 | - | not whole: 1 object of 1 not there`,
    `${dead.id} | 20 d | 6 B | 2 | - | - | not whole: it was never completed: it has no manifest`,
  ]);

  const rows = JSON.parse((await backups(['--json'])).out) as BackupRow[];
  expect(rows.map(({ id, verified, restored, encrypted }) => [id, verified, restored, encrypted])).toEqual([
    [finish.id, true, false, false],
    [before.id, true, true, true],
    [broken.id, false, false, false],
    [dead.id, false, false, false],
  ]);
  expect(rows[1]).toMatchObject({
    label: 'before',
    kong: { x: '3.4.2', y: '3.9.1' },
    workflowId: 'kong/payments',
    runId: before.upgrade.runId,
    takenAt: before.upgrade.startedAt,
    manifestKey: before.keys.manifest,
  });
});

test.each([
  [{ secretAccessKey: { env: 'WRONG' } }, 'does not accept the credentials, when asked to list crossfade/payments/'],
  [{ bucket: 'nowhere' }, 'There is no bucket "nowhere" at'],
  [{ secretAccessKey: { env: 'NOT_SET' } }, 'NOT_SET'],
] as const)('what is wrong, in words: %j', async (changes, text) => {
  const { code, err } = await backups([], changes);
  expect(code).toBe(1);
  expect(err).toContain(text);
  expect(err).toMatch(/\n→ /);
  expect(err).not.toMatch(/at .*\.ts/);
});

const row = (id: string, changes: Partial<BackupRow> = {}): BackupRow => ({
  ...{ id, label: 'before', takenAt: '2026-11-01T00:00:00.000Z', bytes: 81_200_000, objects: 4, verified: true },
  ...{
    restored: true,
    encrypted: true,
    kong: { x: '3.4.2', y: '3.9.1' },
    runId: 'r',
    manifestKey: `${id}/manifest.json`,
  },
  ...changes,
});
const NAME = '2026-11-01T00-00-00-000Z_019ab3f2-7c1d-7d55-9e60-2f4b8a1c0d3e';

describe('on a narrow terminal', () => {
  const list = {
    ...{ cluster: 'payments', where: 'in bucket b', now: '2026-11-02T03:00:00.000Z' },
    rows: [row(`${NAME}/before-finish`), row(`${NAME}/before`, { verified: false, fault: 'it has no manifest' })],
  };

  test('each has its name on a line, and the rest below it', () => {
    expect(backupLines(list, noPaint, 80)).toEqual([
      'payments: 2 backups, 162 MB, in bucket b',
      '',
      `${NAME}/before-finish`,
      '    1 d 3 h old, 81.2 MB in 4 objects, Kong 3.4.2 → 3.9.1, encrypted with age',
      '    verified, restored for a test',
      '',
      `${NAME}/before`,
      '    1 d 3 h old, 81.2 MB in 4 objects, Kong 3.4.2 → 3.9.1',
      '    not whole: it has no manifest',
      '',
      'A name is <start of the upgrade>_<its run>/<when in it>.',
    ]);
  });

  test('nothing but names and single facts is wider than it, and no line has an odd end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 200 }), (columns) => {
        const lines = backupLines(list, noPaint, columns);
        expect(lines.every((line) => line === line.trimEnd())).toBe(true);
        const facts = lines.filter((line) => line.startsWith('    '));
        for (const line of facts)
          if (line.includes(', ') && !line.includes('verified')) expect(line.length).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe('what a person typed', () => {
  const [newest, finish, before] = [
    row('2026-11-03T1_c/before', { takenAt: '2026-11-03' }),
    row(`${NAME}/before-finish`),
    row(`${NAME}/before`),
  ];
  const half = row('2026-11-04T1_d/before', { takenAt: '2026-11-04', verified: false, fault: 'it has no manifest' });
  const rows = [before, half, finish, newest];

  test.each([
    ['latest', newest.id],
    [`${NAME}/before`, before.id],
    [`${NAME}/before-`, finish.id],
    ['2026-11-03', newest.id],
  ])('%s', (typed, id) => {
    expect(chooseBackup(typed, rows)).toMatchObject({ row: { id, manifestKey: `${id}/manifest.json` } });
  });

  test.each([
    ['2026-11-01', `"2026-11-01" may be ${NAME}/before-finish, ${NAME}/before`],
    ['nothing', 'no backup has the name "nothing"; there are 2026-11-04T1_d/before, 2026-11-03T1_c/before'],
    ['', 'no backup has the name ""'],
    ['2026-11-04', '2026-11-04T1_d/before is not whole: it has no manifest'],
  ])('%s: %s', (typed, fault) => {
    expect(chooseBackup(typed, rows)).toEqual({ fault: expect.stringContaining(fault) as string });
  });

  test('where there is none', () => {
    expect(chooseBackup('latest', [])).toEqual({ fault: 'there are no backups of this cluster' });
    expect(chooseBackup('latest', [half])).toEqual({ fault: 'none of the backups is whole' });
  });
});
