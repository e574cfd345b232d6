import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { makeFolder } from '../folder.ts';
import { freePort, retryOnUsedPort } from '../free-port.ts';
import { installTools } from '../install/index.ts';
import { startProcess, type RunningProcess } from '../processes.ts';

export type SearchAttributeType = 'Text' | 'Keyword' | 'Int' | 'Double' | 'Bool' | 'Datetime' | 'KeywordList';

export interface TemporalOptions {
  /** Its folder, emptied at the start. */
  readonly dir: string;
  /** Search attributes that exist from the start. None by default: then a worker has to find out and do without, or add them. */
  readonly searchAttributes?: Readonly<Record<string, SearchAttributeType>>;
}

export interface Temporal {
  /** `host:port` for clients and workers (`TEMPORAL_ADDRESS`). */
  readonly address: string;
  readonly namespace: 'default';
  /** Address of the web page. */
  readonly ui: string;
  /** The SQLite file that holds every history, together with the newest part beside it (`-wal`). */
  readonly databaseFile: string;
  /** The `temporal` command. */
  readonly command: string;
  readonly process: RunningProcess;
  stop(): Promise<void>;
  /** Starts it again after `stop`, on the same ports and with the same histories. */
  start(): Promise<void>;
}

/**
 * By default a Temporal server reads each of its queues 20 times a second and waits for the disk at each write, which
 * makes 52 ms per activity; like this it is 15 ms (measured). SQLite's journal survives a kill, if not a power cut.
 */
const FAST = [
  ...['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=1000'],
  ...['--dynamic-config-value', 'history.timerProcessorMaxPollRPS=1000'],
  ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=off'],
];

/** Starts a Temporal server with its UI and the namespace `default`. */
export async function startTemporal({ dir, searchAttributes = {} }: TemporalOptions): Promise<Temporal> {
  const { temporal: command } = await installTools(['temporal']);
  await makeFolder(dir);
  const databaseFile = join(dir, 'temporal.db');
  const flags = Object.entries(searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]);
  const launchOn = (ports: Ports) => launch(dir, command, ['--db-filename', databaseFile, ...flags], ports);
  let ports: Ports = { grpc: 0, http: 0, ui: 0, metrics: 0 };
  let running = await retryOnUsedPort(async () => launchOn((ports = await freePorts())));
  return {
    address: `127.0.0.1:${ports.grpc}`,
    namespace: 'default',
    ui: `http://127.0.0.1:${ports.ui}`,
    databaseFile,
    command,
    get process() {
      return running;
    },
    stop: () => running.stop(),
    async start() {
      running = await launchOn(ports);
    },
  };
}

interface Ports {
  readonly grpc: number;
  readonly http: number;
  readonly ui: number;
  readonly metrics: number;
}

async function freePorts(): Promise<Ports> {
  return { grpc: await freePort(), http: await freePort(), ui: await freePort(), metrics: await freePort() };
}

async function launch(dir: string, command: string, args: readonly string[], ports: Ports): Promise<RunningProcess> {
  const addresses = [
    '--ip',
    '127.0.0.1',
    '--port',
    ports.grpc,
    '--http-port',
    ports.http,
    '--ui-port',
    ports.ui,
    '--metrics-port',
    ports.metrics,
  ];
  const quiet = ['--ui-disable-news-fetch', '--log-level', 'error', '--color', 'never'];
  const running = await startProcess({
    dir,
    name: 'temporal',
    command,
    args: ['server', 'start-dev', ...addresses.map(String), ...quiet, ...FAST, ...args],
  });
  try {
    await running.waitUntil('Temporal answers for the namespace "default"', () =>
      hasDefaultNamespace(`127.0.0.1:${ports.grpc}`),
    );
    await running.waitUntil(
      'Temporal shows its web page',
      async () => (await fetch(`http://127.0.0.1:${ports.ui}/`)).ok,
    );
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;
}

async function hasDefaultNamespace(address: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 1_000 });
  try {
    await connection.workflowService.describeNamespace({ namespace: 'default' });
    return true;
  } finally {
    await connection.close();
  }
}
