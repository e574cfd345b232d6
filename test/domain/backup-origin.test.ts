import { expect, test } from 'vitest';
import { backupKeys, type BackupManifest } from '../../src/domain/backup.ts';
import { groupBackups, whyNotOfIt } from '../../src/domain/backups/index.ts';

const upgrade = { cluster: 'pay', workflowId: 'kong/pay', runId: 'run-1', startedAt: '2026-01-01T00:00:00.000Z' };
const keys = backupKeys('crossfade', upgrade, 'before');
const of = { prefix: 'crossfade', cluster: 'pay' };
const [found] = groupBackups('crossfade', 'pay', [{ key: keys.manifest, size: 1, modified: upgrade.startedAt }]);

const manifest = (changed: Partial<BackupManifest> & { key?: string }): BackupManifest => ({
  ...{ format: 1, cluster: 'pay', workflowId: 'kong/pay', runId: 'run-1', label: 'before' },
  ...{ startedAt: upgrade.startedAt, takenAt: upgrade.startedAt, versions: {} },
  objects: [
    {
      ...{
        kind: 'database',
        key: changed.key ?? keys.dump,
        size: 1,
        sha256: '',
        content: 1,
        packing: [],
        source: 'kong',
      },
    },
  ],
  ...changed,
});

test.each<[string, BackupManifest, RegExp | undefined]>([
  ['its own', manifest({}), undefined],
  ['that of another cluster', manifest({ cluster: 'other' }), /of cluster "other"/],
  ['that of another run', manifest({ runId: 'run-2' }), /another backup \(run run-2, before\)/],
  ['that of the other backup of the run', manifest({ label: 'before-finish' }), /run-1, before-finish/],
  [
    'one that names what is elsewhere',
    manifest({ key: 'crossfade/other/secret' }),
    /crossfade\/other\/secret, which is outside/,
  ],
])('a manifest in the folder of a backup: %s', (_, one, expected) => {
  if (found === undefined) throw new Error('no backup was found');
  if (expected === undefined) expect(whyNotOfIt(one, found, of)).toBeUndefined();
  else expect(whyNotOfIt(one, found, of)).toMatch(expected);
});
