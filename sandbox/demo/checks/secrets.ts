import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { check, type Check, type Ended } from './check.ts';

/** PostgreSQL keeps its own; no file of anything else has it, Temporal's database, logs, reports and S3 objects included. */
export async function checkSecrets({ demo }: Ended): Promise<Check[]> {
  const { dir } = demo.places;
  const password = demo.secrets.KONG_PG_PASSWORD;
  return [
    await check("the database's password is in no file", async () => {
      const entries = await readdir(dir, { recursive: true, withFileTypes: true });
      const files = entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((file) => !relative(dir, file).startsWith('postgres'));
      const found: string[] = [];
      for (const file of files) if ((await contents(file)).includes(password)) found.push(relative(dir, file));
      return {
        holds: found.length === 0,
        found: found.length === 0 ? `${files.length} files searched` : found.join(', '),
      };
    }),
  ];
}

/** Empty for a file that is gone by now. */
const contents = (file: string): Promise<Buffer> => readFile(file).catch(() => Buffer.alloc(0));
