import { plural } from '../../domain/plural.ts';
import { run } from '../proxies.ts';
import { tell } from './check.ts';
import { sourceOf, type Restore } from './restore.ts';

/** Static files, decK's dumps and the keyring, into a folder of their own. */
export async function unpackFiles(r: Restore, folder: string): Promise<string> {
  const { u } = r;
  const { acts, ref, journal } = u;
  const into = { ...sourceOf(r), folder, upgrade: ref };
  u.undos.register('removeUnpacked', () => run(acts.undo.unpacked.removeUnpacked, 'remove what is half-done', into));
  const unpacked = await run(acts.restore.hostOfY.unpackBackup, `unpack below ${folder}`, into);
  u.undos.forget('removeUnpacked');
  tell(r, unpacked.remarks);
  const { restore } = journal.status;
  const where = `${plural(unpacked.files, 'file')} of the backup ${unpacked.files === 1 ? 'is' : 'are'} in ${unpacked.folder} on ${u.plan.y.runs.host}`;
  if (restore !== undefined) restore.next = [...restore.next, `${where}.`, ...unpacked.remarks];
  return where;
}
