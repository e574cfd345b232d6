import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { makeFolder } from '../folder.ts';
import { freePort, retryOnUsedPort } from '../free-port.ts';
import { installTools } from '../install/index.ts';
import { startProcess, type RunningProcess } from '../processes.ts';

export interface KubernetesOptions {
  /** Its folder, emptied at the start. */
  readonly dir: string;
  /** Users who may do nothing until a role says so. */
  readonly users?: readonly string[];
}

export interface Kubernetes {
  readonly url: string;
  /** The file that `kubectl` and the clients read: of the user `admin`, who may do everything, or of another one. */
  kubeconfig(user?: string): string;
  /** The secret of a user, as it stands in the file. */
  token(user: string): string;
  /** Ends the API server, as a crash would; etcd keeps the objects. */
  stopApi(): Promise<void>;
  startApi(): Promise<void>;
  stop(): Promise<void>;
}

const PATIENCE = { timeoutMs: 120_000 };
const ADMIN = 'admin';

/**
 * Starts the API server of Kubernetes with an etcd of its own, and nothing else: objects are kept and checked, roles count, but there are
 * no nodes, and no controller does anything about the objects.
 */
export async function startKubernetes({ dir, users = [] }: KubernetesOptions): Promise<Kubernetes> {
  const { etcd, 'kube-apiserver': command } = await installTools(['etcd', 'kube-apiserver']);
  await makeFolder(dir);
  const tokens = Object.fromEntries([ADMIN, ...users].map((user) => [user, randomBytes(24).toString('hex')]));
  writeKeys(dir, tokens);

  let store = '';
  const database = await retryOnUsedPort(async () => {
    const [client, peer] = [await freePort(), await freePort()];
    store = `http://127.0.0.1:${client}`;
    return startEtcd(dir, etcd, store, `http://127.0.0.1:${peer}`);
  });
  let port = 0;
  let api = await retryOnUsedPort(async () => startApiServer(dir, command, store, (port = await freePort())));
  const url = `https://127.0.0.1:${port}`;
  for (const [user, token] of Object.entries(tokens))
    writeFileSync(join(dir, `${user}.kubeconfig`), kubeconfigFile(dir, url, user, token), { mode: 0o600 });

  return {
    url,
    kubeconfig: (user = ADMIN) => join(dir, `${user}.kubeconfig`),
    token: (user) => tokens[user] ?? '',
    stopApi: () => api.stop(0),
    async startApi() {
      api = await startApiServer(dir, command, store, port);
    },
    async stop() {
      await api.stop();
      await database.stop();
    },
  };
}

function writeKeys(dir: string, tokens: Readonly<Record<string, string>>): void {
  const lines = Object.entries(tokens).map(([user, token]) => {
    const groups = user === ADMIN ? ',"system:masters"' : '';
    return `${token},${user},${user}${groups}\n`;
  });
  writeFileSync(join(dir, 'tokens.csv'), lines.join(''), { mode: 0o600 });
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(join(dir, 'accounts.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
}

async function startEtcd(dir: string, command: string, client: string, peer: string): Promise<RunningProcess> {
  const running = await startProcess({
    ...{ dir, name: 'etcd', command },
    args: [
      ...['--name', 'one', '--data-dir', join(dir, 'etcd'), '--initial-cluster', `one=${peer}`],
      ...['--listen-client-urls', client, '--advertise-client-urls', client],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
    ],
  });
  return whenReady(running, 'etcd is healthy', async () => (await fetch(`${client}/health`)).ok);
}

async function startApiServer(dir: string, command: string, store: string, port: number): Promise<RunningProcess> {
  const key = join(dir, 'accounts.key');
  const running = await startProcess({
    ...{ dir, name: 'kube-apiserver', command },
    args: [
      ...['--etcd-servers', store, '--bind-address', '127.0.0.1', '--secure-port', String(port)],
      ...['--cert-dir', join(dir, 'certificates'), '--token-auth-file', join(dir, 'tokens.csv')],
      ...['--authorization-mode', 'RBAC', '--service-cluster-ip-range', '10.0.0.0/24'],
      ...['--service-account-issuer', 'https://kubernetes.default.svc'],
      ...['--service-account-key-file', key, '--service-account-signing-key-file', key],
      // There are no nodes, no service accounts, and nobody whom its own address could be told.
      ...['--disable-admission-plugins', 'ServiceAccount', '--endpoint-reconciler-type', 'none'],
    ],
  });
  return whenReady(running, 'the API of Kubernetes is ready', () => isReady(port, readFileSync(certificate(dir))));
}

/** With the roles that it comes with, which it writes while it answers already. */
function isReady(port: number, ca: Buffer): Promise<boolean> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/readyz', ca, agent: false, timeout: 5_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    })
      .on('timeout', () => reject(new Error('no answer')))
      .on('error', reject);
  });
}

/** Made by the server for itself. */
const certificate = (dir: string) => join(dir, 'certificates/apiserver.crt');

async function whenReady(
  running: RunningProcess,
  what: string,
  probe: () => boolean | Promise<boolean>,
): Promise<RunningProcess> {
  try {
    await running.waitUntil(what, probe, PATIENCE);
    return running;
  } catch (error) {
    await running.stop();
    throw error;
  }
}

/** In JSON, which is YAML too. */
function kubeconfigFile(dir: string, server: string, user: string, token: string): string {
  const authority = readFileSync(certificate(dir)).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'sandbox', cluster: { server, 'certificate-authority-data': authority } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'sandbox', context: { cluster: 'sandbox', user } }],
    'current-context': 'sandbox',
  });
}
