import type { BackupLabel, BackupRef, StoredObject } from '../domain/backup.ts';
import { filesOfNodes } from '../domain/static-files.ts';
import { now } from './journal.ts';
import { run } from './proxies.ts';
import { together } from './together.ts';
import type { Upgrade } from './upgrade.ts';

/** The database, the declarative configuration, the keyring and the static files; read back, and restored for a test. */
export async function backUpEverything(u: Upgrade): Promise<BackupRef> {
  const { plan, acts } = u;
  const { x } = plan;
  const to = target(u, 'before');
  const startedAt = now();
  const admin = { admin: x.nodes[0]?.admin ?? '', access: x.admin };
  const [dump, declarative, keyring, ...archives] = await together(
    () => dumpDatabase(u, to),
    () => run(acts.backup.dumpDeclarative, 'dump with decK', { deck: plan.backup.deck, ...admin, ...to }),
    () => run(acts.backup.exportKeyring, 'export the keyring, if there is one', { ...admin, ...to }),
    ...filesByHost(u).map(
      (files) => () =>
        run(u.acts.backupOn(files.host).storeFiles, `store the files of ${files.host}`, { ...files, ...to }),
    ),
  );
  const objects = [dump, ...declarative.objects, keyring, ...archives].filter((object) => object !== undefined);
  const sealed = await seal(u, to, objects, startedAt, declarative.version);
  return remember(u, await drill(u, sealed));
}

/** Only the database: since the first backup nothing else may have changed. */
export async function backUpDatabase(u: Upgrade, label: BackupLabel): Promise<BackupRef> {
  const to = target(u, label);
  const startedAt = now();
  return remember(u, await seal(u, to, [await dumpDatabase(u, to)], startedAt));
}

/** Restores the dump for a test, where the plan wants it. */
export async function drill(u: Upgrade, taken: BackupRef): Promise<BackupRef> {
  const { database, backup } = u.plan;
  if (backup.restoreDrill === false) return taken;
  const toTry = { ...toBeTried(u, taken), database, upgrade: u.ref };
  return run(u.acts.backup.drillRestore, 'restore for a test', toTry);
}

/** The latest backup counts; of each label one is shown, since a `retry` overwrites the one before. */
export function remember(u: Upgrade, taken: BackupRef): BackupRef {
  const { status } = u.journal;
  u.known.backup = taken;
  status.backups = [...status.backups.filter(({ label }) => label !== taken.label), taken];
  return taken;
}

/** Where the backup is, how it is encrypted, and the server that gets the scratch database. */
export function toBeTried(u: Upgrade, backup: BackupRef) {
  const { restoreDrill } = u.plan.backup;
  return { ...store(u), backup, ...(typeof restoreDrill === 'object' ? { on: restoreDrill.on } : {}) };
}

function store(u: Upgrade) {
  const { s3, encrypt } = u.plan.backup;
  return { s3, ...(encrypt === undefined ? {} : { encrypt }) };
}

type Target = ReturnType<typeof target>;
const target = (u: Upgrade, label: BackupLabel) => ({ ...store(u), upgrade: u.ref, label });

function dumpDatabase(u: Upgrade, to: Target): Promise<StoredObject> {
  const { database, backup } = u.plan;
  return run(u.acts.backup.dumpDatabase, 'dump the database', { database, leaveOut: backup.leaveOut, ...to });
}

function seal(
  u: Upgrade,
  to: Target,
  objects: readonly StoredObject[],
  startedAt: string,
  deck?: string,
): Promise<BackupRef> {
  const { x, y } = u.plan;
  return run(u.acts.backup.sealBackup, 'manifest, and everything read back', {
    ...to,
    objects,
    fingerprint: u.journal.status.freeze?.baseline?.whole ?? '',
    versions: { x: x.version, y: y.version, ...(deck === undefined ? {} : { deck }) },
    startedAt,
  });
}

/** What is stored on each host: both sides may be on one. */
function filesByHost({ plan }: Upgrade) {
  const { files } = plan.backup;
  const sides = [
    { side: plan.x, files: files.x },
    { side: plan.y, files: files.y },
  ];
  const hosts = [...new Set(sides.map(({ side }) => side.runs.host))];
  return hosts
    .map((host) => {
      const here = sides.filter(({ side }) => side.runs.host === host);
      return {
        host,
        files: [...new Set(here.flatMap((one) => one.files))],
        prefixes: here.flatMap(({ side }) => filesOfNodes(side)),
      };
    })
    .filter((one) => one.files.length + one.prefixes.length > 0);
}
