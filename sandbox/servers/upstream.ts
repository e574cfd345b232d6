import { fileURLToPath } from 'node:url';
import { makeFolder } from '../folder.ts';
import { freePort, retryOnUsedPort } from '../free-port.ts';
import { startProcess, type RunningProcess } from '../processes.ts';

export interface Upstream {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly url: string;
  readonly process: RunningProcess;
  stop(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('upstream-server.ts', import.meta.url));

/**
 * Starts the service behind Kong. It answers every request with `{ "method", "path", "bodyLength" }`, after
 * `?delayMs=` milliseconds if asked to.
 */
export async function startUpstream({ dir }: { readonly dir: string }): Promise<Upstream> {
  await makeFolder(dir);
  return retryOnUsedPort(() => startOnFreePort(dir));
}

async function startOnFreePort(dir: string): Promise<Upstream> {
  const host = '127.0.0.1';
  const port = await freePort();
  const args = [PROGRAM, host, String(port)];
  const running = await startProcess({ dir, name: 'upstream', command: process.execPath, args });
  try {
    const url = `http://${host}:${port}`;
    await running.waitUntil('the upstream answers', async () => (await fetch(url)).ok);
    return { host, port, url, process: running, stop: () => running.stop() };
  } catch (error) {
    await running.stop();
    throw error;
  }
}
