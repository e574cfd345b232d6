import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeFolder } from '../folder.ts';
import { installTools } from '../install/index.ts';
import { startProcess, type RunningProcess } from '../processes.ts';
import { waitFor } from '../wait-for.ts';

export interface HaproxyOptions {
  /** Its folder, emptied at the start. */
  readonly dir: string;
  /** More lines for the `global` section. */
  readonly global?: string;
  /** All sections but `global`. Ports come from `freePort()`. */
  readonly config: string;
}

export interface Haproxy {
  /** The runtime API, with every right. */
  readonly socket: string;
  readonly configFile: string;
  readonly process: RunningProcess;
  /** Sends one line to the runtime API. */
  ask(line: string): Promise<string>;
  /** Another configuration; takes effect at the next `reload` or `start`. */
  configure(config: string, global?: string): void;
  /** A new worker takes over from the old one; returns when it answers. */
  reload(): Promise<void>;
  stop(): Promise<void>;
  /** Once it was stopped. */
  start(): Promise<void>;
}

/** Starts HAProxy as a master with one worker. Returns when it answers. */
export async function startHaproxy({ dir, global = '', config }: HaproxyOptions): Promise<Haproxy> {
  const { haproxy: command } = await installTools(['haproxy']);
  await makeFolder(dir);
  const configFile = join(dir, 'haproxy.cfg');
  const socket = join(dir, 'haproxy.sock');
  const ask = (line: string) => askAt(socket, line);
  const pid = async () => /^Pid: (\d+)$/m.exec(await ask('show info'))?.[1];
  const check = async () => void (await promisify(execFile)(command, ['-c', '-f', configFile]));
  const configure = (sections: string, more = global) =>
    writeFileSync(
      configFile,
      `global
  stats socket ${socket} mode 600 level admin expose-fd listeners
  hard-stop-after 5s
${more}
${sections}
`,
    );

  async function launch(): Promise<RunningProcess> {
    await check();
    const running = await startProcess({ dir, name: 'haproxy', command, args: ['-W', '-f', configFile] });
    try {
      await running.waitUntil('HAProxy answers', async () => (await pid()) !== undefined);
      return running;
    } catch (error) {
      await running.stop();
      throw error;
    }
  }

  configure(config);
  let running = await launch();
  return {
    socket,
    configFile,
    get process() {
      return running;
    },
    ask,
    configure,
    async reload() {
      await check();
      const before = await pid();
      process.kill(running.pid, 'SIGUSR2');
      await waitFor('HAProxy has a new worker', async () => {
        const now = await pid();
        return now !== undefined && now !== before;
      });
    },
    stop: () => running.stop(),
    async start() {
      running = await launch();
    },
  };
}

async function askAt(path: string, line: string): Promise<string> {
  const connection = connect(path).setEncoding('utf8');
  let answer = '';
  connection.on('data', (part: string) => (answer += part));
  connection.write(`${line}\n`);
  await once(connection, 'close');
  return answer;
}
