import { createServer } from 'node:net';
import { waitFor } from './wait-for.ts';

/** Gives a held name back. */
export type Release = () => Promise<void>;

/**
 * Holds a name that only one process of this machine can hold at a time, or returns `undefined` if another one has it.
 * It is a socket in Linux's abstract namespace: the kernel drops it when its process ends, however that ends, so a
 * lock is never stale and leaves no file behind.
 */
export function tryHold(name: string): Promise<Release | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen({ path: `\0crossfade-sandbox/${name}` }, () => {
      server.unref();
      resolve(() => new Promise<void>((done) => server.close(() => done())));
    });
  });
}

/** Runs `work` while no other process of this machine runs work under the same name. */
export async function withLock<T>(
  name: string,
  timeoutMs: number,
  whenBusy: () => void,
  work: () => Promise<T>,
): Promise<T> {
  let release = await tryHold(name);
  if (release === undefined) {
    whenBusy();
    release = await waitFor(`another process holds the lock "${name}"`, () => tryHold(name), {
      timeoutMs,
      everyMs: 100,
    });
  }
  try {
    return await work();
  } finally {
    await release();
  }
}
