import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { RunningNginx } from './running.ts';

/** What `nginx -T` says of the configuration on the disk. */
export interface ConfigOnDisk {
  readonly text: string;
  /** Every file that it consists of, and every folder of which it takes all files. */
  readonly paths: readonly string[];
}

/** The configuration that an nginx would load now. Throws with what nginx says where it can't be read. */
export async function configOnDisk({ program, place }: Pick<RunningNginx, 'program' | 'place'>): Promise<ConfigOnDisk> {
  const { stdout: text } = await promisify(execFile)(program, ['-T', ...place], { maxBuffer: 50_000_000 });
  const files = [...text.matchAll(/^# configuration file (.+):$/gm)].map((match) => match[1] ?? '');
  const [main = '/'] = files;
  const folders = [...text.matchAll(/^\s*include\s+"?([^\s;"]*[*?[][^\s;"]*)"?\s*;/gm)].map((match) =>
    resolve(dirname(main), dirname(match[1] ?? '').replace(/\/[^/]*[*?[].*$/, '')),
  );
  return { text, paths: [...new Set([...files, ...folders])] };
}

/** The path that was changed after a moment (milliseconds since 1970), if there is one: what was loaded then is something else. */
export async function changedSince(paths: readonly string[], moment: number): Promise<string | undefined> {
  const times = await Promise.all(paths.map(async (path) => ({ path, at: (await stat(path)).ctimeMs })));
  return times.find(({ at }) => at >= moment)?.path;
}
