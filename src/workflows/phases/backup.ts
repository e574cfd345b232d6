import { plural } from '../../domain/plural.ts';
import { formatBytes } from '../../domain/status/render-figures.ts';
import { backUpEverything } from '../take-backup.ts';
import type { Upgrade } from '../upgrade.ts';
import { preflightAgain } from './preflight.ts';

/** Backs everything up, proves it by reading it back and restoring it, then repeats the preflight on the frozen state. */
export async function backup(u: Upgrade): Promise<string> {
  const { objects, bytes, restored } = await backUpEverything(u);
  await preflightAgain(u);
  return `${plural(objects, 'object')}, ${formatBytes(bytes)}${restored ? ', restored for a test' : ''}`;
}
