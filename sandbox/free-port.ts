import { createServer } from 'node:net';
import { tryHold } from './machine-lock.ts';

/**
 * Below the range from which the kernel takes ports for outgoing connections and for "any port" (32768 and up by
 * default): so a port found free here is not taken by one of those before its server has bound it.
 */
const FIRST = 20_000;
const LAST = 32_767;

/**
 * A port of 127.0.0.1 on which nothing listens, and which no other caller on this machine gets as long as this process
 * lives, so that sandboxes and test files that start side by side don't take each other's.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 1000; tries++) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    const release = await tryHold(`port/${port}`);
    if (release === undefined) continue;
    if (await canListen(port)) return port;
    await release();
  }
  throw new Error(`No free port between ${FIRST} and ${LAST} on 127.0.0.1 in 1000 tries.`);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Starts a server that can't be asked for "any port" again, on other ports, if a program that asks nobody was faster. */
export async function retryOnUsedPort<T>(start: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await start();
    } catch (error) {
      if (tries === 3 || !(error instanceof Error) || !/address already in use/i.test(error.message)) throw error;
    }
  }
}
