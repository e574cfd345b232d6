import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundle } from '@temporalio/worker';

const source = join(dirname(fileURLToPath(import.meta.url)), '..');
const build = join(source, '..', 'build');

/** Decodes payloads without ever throwing; worker and client must use the same. */
export const payloadConverterPath = join(source, 'workflows/payload-converter.ts');

/**
 * The workflows as one script. Bundling takes seconds, so it is kept in `build/` under the hash of all that goes into it; an
 * image that was built with `node src/worker/bundle.ts` starts without bundling.
 */
export async function workflowBundle(): Promise<WorkflowBundle> {
  const file = join(build, `workflows-${await hashOfSources()}.js`);
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) return { code: kept };
  const bundle = await bundleWorkflowCode({ workflowsPath: join(source, 'workflows/index.ts'), payloadConverterPath });
  await mkdir(build, { recursive: true });
  // Another process may be doing the same: a rename leaves a whole file in either case.
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, bundle.code);
  await rename(unfinished, file);
  return bundle;
}

async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256').update(await readFile(join(source, '..', 'package-lock.json')));
  for (const folder of ['workflows', 'domain']) {
    const files = await readdir(join(source, folder), { recursive: true });
    for (const name of files.filter((one) => one.endsWith('.ts')).sort())
      hash.update(name).update(await readFile(join(source, folder, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

if (import.meta.main) await workflowBundle();
