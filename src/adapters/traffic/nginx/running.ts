import { readdir, readFile, readlink } from 'node:fs/promises';

/** An nginx on this host, as `/proc` shows it. */
export interface RunningNginx {
  readonly pid: number;
  readonly program: string;
  /** Those arguments of its start that say where its configuration is. */
  readonly place: readonly string[];
  /** When the workers that take requests were started, in milliseconds since 1970; each has read the configuration then. */
  readonly workersSince: readonly number[];
}

const MASTER = 'nginx: master process ';
const WORKER = 'nginx: worker process';
/** `USER_HZ`: the same on every Linux. */
const TICKS_PER_SECOND = 100;

/** The nginx whose master process listens on a port of this host; `undefined` where there is none that can be seen. */
export async function nginxOn(port: number): Promise<RunningNginx | undefined> {
  const sockets = await listening(port);
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const titles = await Promise.all(processes.map(async (pid) => ({ pid, title: await titleOf(pid) })));
  for (const { pid, title } of titles.filter((one) => one.title.startsWith(MASTER))) {
    if (!(await hasOpen(pid, sockets))) continue;
    const children = await childrenOf(pid);
    const workers = titles.filter((one) => one.title === WORKER && children.includes(one.pid));
    return {
      pid,
      program: await readlink(`/proc/${pid}/exe`),
      place: placeIn(title),
      workersSince: await Promise.all(workers.map((one) => startOf(one.pid))),
    };
  }
  return undefined;
}

/** The sockets that listen on a port, as they are called in a process's open files. */
async function listening(port: number): Promise<ReadonlySet<string>> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')),
  );
  const rows = tables.flatMap((table) => table.split('\n').slice(1)).map((row) => row.trim().split(/\s+/));
  // 0A: listening. The tenth column is the inode.
  return new Set(rows.filter((row) => row[1]?.endsWith(suffix) && row[3] === '0A').map((row) => `socket:[${row[9]}]`));
}

async function hasOpen(pid: number, sockets: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const files = await readdir(folder).catch(() => []);
  const targets = await Promise.all(files.map((file) => readlink(`${folder}/${file}`).catch(() => '')));
  return targets.some((target) => sockets.has(target));
}

/** nginx shows its arguments in its title, and replaces what was before them. */
async function titleOf(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return line.replaceAll('\0', ' ').trim();
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const line = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return line.split(' ').filter(Boolean).map(Number);
}

/** `-p` and `-c`, as they were given; nginx's own defaults count for what was not. */
const placeIn = (title: string): string[] =>
  [...title.matchAll(/ (-[pc]) (\S+)/g)].flatMap(([, option = '', value = '']) => [option, value]);

async function startOf(pid: number): Promise<number> {
  const [stat, uptime] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile('/proc/uptime', 'utf8')]);
  // The start time is the 20th field after the program's name, which stands in brackets and may contain anything.
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const age = Number(uptime.split(' ')[0]) - ticks / TICKS_PER_SECOND;
  return Date.now() - age * 1_000;
}
