import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
  type KubernetesObject,
} from '@kubernetes/client-node';
import { expect } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { installTools } from '../../sandbox/install/index.ts';
import { startKubernetes, type Kubernetes } from '../../sandbox/servers/kubernetes.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import type { TrafficRouter } from '../../src/adapters/traffic/port.ts';
import { NAMESPACE, routerFor } from './kubernetes-worker-setup.ts';

/** Milliseconds: room for building the API server, where it is not there yet. */
export const BUILD = 1_500_000;
export const WORKER = 'worker';
/** What people's manifests are applied as. */
export const KUBECTL = 'kubectl-client-side-apply';

/** An object with any spec, as a manifest has it. */
export interface Manifest extends KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { name: string; namespace: string; [field: string]: unknown };
  readonly [field: string]: unknown;
}

export interface Cluster {
  readonly kubernetes: Kubernetes;
  create(manifest: Manifest, manager?: string): Promise<void>;
  read(manifest: Manifest): Promise<Manifest>;
  /** Merges a change into an object, as somebody. */
  patch(manifest: Manifest, change: object, manager?: string): Promise<void>;
  /** What a controller does. */
  patchStatus(route: Manifest, status: object): Promise<void>;
  remove(manifest: Manifest): Promise<void>;
  /** What a worker has that may do what the documents say, and no more. */
  router(entry: Record<string, unknown>, weights?: readonly number[]): TrafficRouter;
  stop(): Promise<void>;
}

export const code = (name: string) => expect.objectContaining({ code: name }) as Error;

const PATIENCE = { timeoutMs: 60_000 };
const ROUTES = ['httproutes', 'grpcroutes', 'tcproutes'];

/** The real API with the kinds of the Gateway API, a namespace, and the roles of the documents for the user of the worker. */
export async function startCluster(dir: string, users: readonly string[] = []): Promise<Cluster> {
  const { 'gateway-api': definitions } = await installTools(['gateway-api', 'kube-apiserver', 'etcd']);
  const kubernetes = await startKubernetes({ dir, users: [WORKER, ...users] });
  const config = new KubeConfig();
  config.loadFromFile(kubernetes.kubeconfig());
  const api = KubernetesObjectApi.makeApiClient(config);
  const custom = config.makeApiClient(CustomObjectsApi);
  const core = config.makeApiClient(CoreV1Api);
  const none = undefined;

  const cluster: Cluster = {
    kubernetes,
    create: async (manifest, manager = KUBECTL) => void (await api.create(manifest, none, none, manager)),
    read: async (manifest) => (await api.read(manifest)) as Manifest,
    patch: async ({ apiVersion, kind, metadata: { name, namespace } }, change, manager = 'somebody') => {
      const object = { apiVersion, kind, ...change, metadata: { ...(change as Manifest).metadata, name, namespace } };
      await api.patch(object, none, none, manager, none, PatchStrategy.MergePatch);
    },
    patchStatus: async ({ apiVersion, kind, metadata: { name, namespace } }, status) => {
      const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
      if (kind === 'Pod')
        return void (await core.patchNamespacedPodStatus({ namespace, name, body: { status } }, merge));
      const [group = '', version = ''] = apiVersion.split('/');
      const request = { group, version, namespace, name, plural: `${kind.toLowerCase()}s`, body: { status } };
      await custom.patchNamespacedCustomObjectStatus(request, merge);
    },
    remove: async (manifest) => void (await api.delete(manifest)),
    router: (entry, weights = [5, 25, 50, 100]) => routerFor(kubernetes.kubeconfig(WORKER), entry, weights),
    stop: () => kubernetes.stop(),
  };

  await api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  for (const name of ROUTES) {
    const file = readFileSync(join(definitions, 'standard', `gateway.networking.k8s.io_${name}.yaml`), 'utf8');
    for (const definition of parseAllDocuments(file)) await api.create(definition.toJS() as KubernetesObject);
  }
  for (const via of ['gateway-api', 'ingress-nginx', 'kubernetes-service']) await grant(cluster, via);
  for (const kind of ['HTTPRoute', 'GRPCRoute', 'TCPRoute'])
    await waitFor(
      `there are ${kind}s`,
      async () => {
        await KubernetesObjectApi.makeApiClient(config).list('gateway.networking.k8s.io/v1', kind, NAMESPACE);
        return true;
      },
      PATIENCE,
    );
  return cluster;
}

/** Gives the user of the worker the role that the documents tell people to make. */
async function grant(cluster: Cluster, via: string): Promise<void> {
  const file = fileURLToPath(new URL(`../../docs/traffic/${via}.md`, import.meta.url));
  const blocks = [...readFileSync(file, 'utf8').matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text ?? '');
  const role = parse(blocks.find((text) => text.includes('kind: Role')) ?? '') as Manifest;
  await cluster.create(role);
  await cluster.create({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: role.metadata,
    subjects: [{ kind: 'User', name: WORKER, apiGroup: 'rbac.authorization.k8s.io' }],
    roleRef: { kind: 'Role', name: role.metadata.name, apiGroup: 'rbac.authorization.k8s.io' },
  });
}
