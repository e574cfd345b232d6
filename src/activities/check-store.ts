import type { ObjectStore } from '../adapters/object-store/port.ts';
import { clusterFolder } from '../domain/backup.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import type { Finding } from '../domain/findings.ts';
import type { Plan, S3Ref } from '../domain/plan/index.ts';
import * as rules from '../domain/rules/index.ts';
import { readText } from './report-samples.ts';

export type ProbedStore = Pick<ObjectStore, 'put' | 'get' | 'list' | 'remove' | 'tryUpload' | 'abortOldUploads'>;

/** Long enough to be in the future by the server's clock, too; short, since nobody can remove the object before. */
const LOCKED_FOR_MS = 10 * 60_000;

const ABANDONED_MS = 24 * 3_600_000;

/**
 * Does with a small object what a backup will need, before anything is frozen: stores it with all settings of the plan, reads
 * it back, removes it, and begins an upload in parts. Aborts uploads that were abandoned. Rules `backup-store` and, where the plan wants it, `backup-retention`.
 */
export async function checkStore(
  store: ProbedStore,
  { s3, retention }: Plan['backup'],
  cluster: string,
): Promise<Finding[]> {
  const folder = clusterFolder(s3.prefix, cluster);
  const key = `${folder}preflight`;
  const stored = await finding('backup-store', rules.refuse, async () => {
    const text = `Crossfade was here, ${new Date().toISOString()}.\n`;
    await store.put(s3, key, bytes(text), { contentType: 'text/plain', lockMs: LOCKED_FOR_MS });
    if ((await readText(store, s3, key)) !== text)
      throw new CrossfadeError('BackupDamaged', `${key} in bucket "${s3.bucket}" reads back differently.`);
    await store.tryUpload(s3, key);
    // Of a backup that nobody tried again. Those of this cluster run one at a time.
    await store.abortOldUploads(s3, folder, new Date(Date.now() - ABANDONED_MS));
    return `The bucket ${s3.bucket} takes objects, and gives them back${settings(s3)}.`;
  });
  if (stored.level !== 'pass') return [stored];
  if (retention === undefined) {
    // Who may not remove objects keeps every backup, and this small object, which the next one replaces.
    await store.remove(s3, [key]).catch(() => undefined);
    return [stored];
  }
  const removed = await finding('backup-retention', rules.warn, async () => {
    for await (const _ of store.list(s3, key));
    const [left] = await store.remove(s3, [key]);
    if (left !== undefined && s3.lock === undefined) throw new CrossfadeError('S3Refused', left.reason);
    return 'Backups can be listed and removed.';
  });
  return [stored, removed];
}

const settings = ({ encryption, lock, tags }: S3Ref): string => {
  const parts = [
    ...(encryption === undefined ? [] : ['encrypted']),
    ...(lock === undefined ? [] : ['locked']),
    ...(tags === undefined ? [] : ['tagged']),
  ];
  return parts.length === 0 ? '' : `, ${parts.join(', ')}`;
};

async function finding(rule: string, fault: typeof rules.refuse, work: () => Promise<string>): Promise<Finding> {
  try {
    return rules.pass(rule, await work());
  } catch (error) {
    if (!(error instanceof CrossfadeError)) throw error;
    return fault(rule, error.message, error.kind.todo);
  }
}

async function* bytes(text: string): AsyncIterable<Uint8Array> {
  yield new TextEncoder().encode(text);
}
