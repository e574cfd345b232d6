import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Kong's packages install libraries below /usr/local/kong, which is the default prefix as well. */
const INSTALLED = ['lib', 'include', 'bin', 'ssl_certs', 'share'];

/** What `kong start` and `kong reload` need to find. */
const GENERATED = /^(\.kong_env|\.kong_process_secrets.*|nginx.*\.conf|pids)$/;

/** Removes a node's prefix directory; of one that is also an installation, only what makes it a node. */
export async function removePrefix(prefix: string): Promise<void> {
  const names = await readdir(prefix).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  // Anything else is not the prefix of a node: a directory that the plan names by mistake.
  if (!names.includes('.kong_env') && !names.includes('nginx.conf')) return;
  const doomed = names.some((name) => INSTALLED.includes(name))
    ? names.filter((name) => GENERATED.test(name)).map((name) => join(prefix, name))
    : [prefix];
  for (const path of doomed) await rm(path, { recursive: true, force: true });
}
