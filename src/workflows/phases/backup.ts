import type { BackupLabel, BackupRef } from '../../domain/backup.ts';
import { plural } from '../../domain/plural.ts';
import { now } from '../journal.ts';
import { run } from '../proxies.ts';
import { together } from '../together.ts';
import type { Upgrade } from '../upgrade.ts';
import { preflightAgain } from './preflight.ts';

/** Backs everything up, proves it by reading it back and restoring it, then repeats the preflight on the frozen state. */
export async function backup(u: Upgrade): Promise<string> {
  const taken = await takeBackup(u, 'before');
  u.known.backup = taken;
  remember(u, taken);
  await preflightAgain(u);
  return `${plural(taken.objects, 'object')}, ${(taken.bytes / 1e6).toFixed(1)} MB${taken.restored ? ', restored for a test' : ''}`;
}

/** One of each label: that of a `retry` takes the place of the one before. */
function remember({ journal: { status } }: Upgrade, taken: BackupRef): void {
  status.backups = [...status.backups.filter(({ label }) => label !== taken.label), taken];
}

async function takeBackup(u: Upgrade, label: BackupLabel): Promise<BackupRef> {
  const { plan, acts, ref, journal } = u;
  const { database, x, y } = plan;
  const { s3, encrypt, deck, files, leaveOut, restoreDrill } = plan.backup;
  const store = { s3, ...(encrypt === undefined ? {} : { encrypt }) };
  const to = { ...store, upgrade: ref, label };
  const admin = { admin: x.nodes[0]?.admin ?? '', access: x.admin };
  const startedAt = now();
  const prefixes: string[] = [];
  const host = y.runs.host;
  const [dump, declarative, keyring, stored] = await together(
    () => run(acts.backup.dumpDatabase, 'dump the database', { database, leaveOut, ...to }),
    () => run(acts.backup.dumpDeclarative, 'dump with decK', { deck, ...admin, ...to }),
    () => run(acts.backup.exportKeyring, 'export the keyring, if there is one', { ...admin, ...to }),
    () => run(acts.backup.storeFiles, 'store the files', { host, files: files.y, prefixes, ...to }),
  );
  const sealed = await run(acts.backup.sealBackup, 'manifest, and everything read back', {
    ...to,
    objects: [dump, ...declarative, keyring, stored].filter((object) => object !== undefined),
    fingerprint: journal.status.freeze?.baseline?.whole ?? '',
    versions: { x: x.version, y: y.version },
    startedAt,
  });
  if (restoreDrill === false) return sealed;
  const on = restoreDrill === true ? {} : { on: restoreDrill.on };
  return run(acts.backup.drillRestore, 'restore for a test', {
    database,
    ...on,
    ...store,
    upgrade: ref,
    backup: sealed,
  });
}
