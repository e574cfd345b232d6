import type { BackupRef } from '../../domain/backup.ts';
import { run } from '../proxies.ts';
import { together } from '../together.ts';
import type { Upgrade } from '../upgrade.ts';
import { preflightAgain } from './preflight.ts';
import { plural } from '../../domain/plural.ts';

/** Backs everything up, proves it by reading it back and restoring it, then repeats the preflight on the frozen state. */
export async function backup(u: Upgrade): Promise<string> {
  const taken = await takeBackup(u, 'before');
  u.known.backup = taken;
  const { objects, ...summary } = taken;
  const { status } = u.journal;
  status.backups = [
    ...status.backups.filter(({ label }) => label !== taken.label),
    { ...summary, objects: objects.length },
  ];
  await preflightAgain(u);
  return `${plural(objects.length, 'object')}, ${(taken.bytes / 1e6).toFixed(1)} MB${taken.restored ? ', restored for a test' : ''}`;
}

async function takeBackup(u: Upgrade, label: BackupRef['label']): Promise<BackupRef> {
  const { plan, acts, ref, journal } = u;
  const { database, x } = plan;
  const { s3, deck, files, restoreDrill } = plan.backup;
  const to = { s3, upgrade: ref, label };
  const admin = x.nodes[0]?.admin ?? '';
  const [dump, declarative, stored] = await together(
    () => run(acts.backup.dumpDatabase, 'dump the database', { database, ...to }),
    () => run(acts.backup.dumpDeclarative, 'dump with decK', { deck, admin, access: x.admin, ...to }),
    () => run(acts.backup.storeFiles, 'store the files', { files, ...to }),
  );
  const sealed = await run(acts.backup.sealBackup, 'manifest, and everything read back', {
    ...to,
    objects: [dump, ...declarative, ...stored],
    fingerprint: journal.status.freeze?.baseline?.whole ?? '',
    versions: { x: plan.x.version, y: plan.y.version },
  });
  if (!restoreDrill) return sealed;
  return run(acts.backup.drillRestore, 'restore for a test', { database, s3, upgrade: ref, backup: sealed });
}
