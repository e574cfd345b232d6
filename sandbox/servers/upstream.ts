import { fileURLToPath } from 'node:url';
import { makeFolder } from '../folder.ts';
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
  const running = await startProcess({ dir, name: 'upstream', command: process.execPath, args: [PROGRAM] });
  try {
    const portText = await running.waitUntil(
      'the upstream says its port',
      () => /^listening on port (\d+)$/m.exec(running.log())?.[1],
    );
    const url = `http://127.0.0.1:${portText}`;
    await running.waitUntil('the upstream answers', async () => (await fetch(url)).ok);
    return { host: '127.0.0.1', port: Number(portText), url, process: running, stop: () => running.stop() };
  } catch (error) {
    await running.stop();
    throw error;
  }
}
