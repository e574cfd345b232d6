import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeFolder } from '../folder.ts';
import { installTools } from '../install/index.ts';
import { commandLine } from '../proc.ts';
import { startProcess, type RunningProcess } from '../processes.ts';
import { waitFor } from '../wait-for.ts';

export interface NginxOptions {
  /** Its folder, emptied at the start. It is nginx's prefix: relative paths in the configuration are relative to it. */
  readonly dir: string;
  /**
   * What stands between the braces of `http { }`, or a function that makes it once the folder is there. Ports come from
   * `freePort()`.
   */
  readonly http: string | ((dir: string) => string | Promise<string>);
  readonly workers?: number;
}

export interface Nginx {
  readonly dir: string;
  readonly configFile: string;
  /** The one that runs, or ran last. */
  readonly process: RunningProcess;
  /** Writes another `http` block; takes effect at the next `reload`. */
  configure(http: string): void;
  /** `nginx -t`. Throws with what nginx says if the configuration is faulty. */
  test(): Promise<void>;
  /** Tests the configuration, then takes it into use; returns when the old workers take no more connections. */
  reload(): Promise<void>;
  /** Stops it, and starts it with the configuration as it is then. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts nginx, as root or not, without touching the machine's own one. Returns when its workers run. */
export async function startNginx({ dir, http, workers = 1 }: NginxOptions): Promise<Nginx> {
  const { nginx: command } = await installTools(['nginx']);
  await makeFolder(dir);
  mkdirSync(join(dir, 'temp'));
  const configFile = join(dir, 'nginx.conf');
  const configure = (text: string) => writeFileSync(configFile, wholeConfig(text, workers));
  configure(typeof http === 'string' ? http : await http(dir));
  const common = ['-p', `${dir}/`, '-c', configFile, '-e', join(dir, 'error.log')];
  const test = async () => void (await promisify(execFile)(command, [...common, '-t', '-q']));
  await test();

  async function start(): Promise<RunningProcess> {
    const started = await startProcess({ dir, name: 'nginx', command, args: common });
    try {
      await started.waitUntil('nginx has started its workers', () => children(started.pid).length >= workers);
      return started;
    } catch (error) {
      await started.stop();
      throw error;
    }
  }
  let running = await start();

  return {
    dir,
    configFile,
    get process() {
      return running;
    },
    configure,
    test,
    async reload() {
      await test();
      const before = children(running.pid);
      process.kill(running.pid, 'SIGHUP');
      const newOnes = () => children(running.pid).filter((pid) => !before.includes(pid));
      const takesNoMore = (pid: number) => /^$|shutting down/.test(commandLine(pid));
      await waitFor(
        'nginx serves with new workers only',
        () => newOnes().length >= workers && before.every(takesNoMore),
      );
    },
    async restart() {
      await running.stop();
      running = await start();
    },
    stop: () => running.stop(),
  };
}

function wholeConfig(http: string, workers: number): string {
  // As root its workers stay root, so that they can read the sandbox wherever it lies; otherwise nginx takes no `user`.
  const user = process.getuid?.() === 0 ? 'user root;\n' : '';
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const temp = kinds.map((kind) => `  ${kind}_temp_path temp/${kind};`).join('\n');
  return `${user}daemon off;
pid nginx.pid;
worker_processes ${workers};
worker_rlimit_nofile 8192;
events { worker_connections 4096; }
http {
${temp}
${http}
}
`;
}

function children(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}
