import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KubeConfig, KubernetesObjectApi, type KubernetesObject } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { installTools } from '../../sandbox/install/index.ts';
import { startKubernetes } from '../../sandbox/servers/kubernetes.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import { createTrafficRouter } from '../../src/adapters/traffic/index.ts';
import type { Entry } from '../../src/domain/plan/index.ts';
import { byDriver, WEIGHTS } from '../shift/arms.ts';
import { cycle, rollBackFrom, type Measured } from './rollback.ts';

const NAMESPACE = 'kong';
const GATEWAY = 'gateway.networking.k8s.io/v1';
const [X, Y] = [
  { service: 'kong-x', port: 80 },
  { service: 'kong-y', port: 80 },
];
const LABELS = { x: { cluster: 'x' }, y: { cluster: 'y' } };
const metadata = (name: string, annotations: Readonly<Record<string, string>> = {}) => ({
  ...{ name, namespace: NAMESPACE, annotations },
});
const canary = (what: string) => `nginx.ingress.kubernetes.io/canary${what}`;

/** What people have in the cluster before. */
const OBJECTS: readonly (KubernetesObject & { readonly spec?: object })[] = [
  {
    ...{ apiVersion: GATEWAY, kind: 'HTTPRoute', metadata: metadata('shop') },
    spec: { parentRefs: [{ name: 'edge' }], rules: [{ backendRefs: [{ name: X.service, port: X.port }] }] },
  },
  {
    ...{ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' },
    metadata: metadata('shop-canary', { [canary('')]: 'true', [canary('-weight')]: '0' }),
    spec: { rules: [{ host: 'shop.example.org', http: { paths: [pathTo(Y)] } }] },
  },
  {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: metadata('shop') },
    spec: { selector: LABELS.x, ports: [{ port: 80 }] },
  },
];

function pathTo({ service, port }: typeof Y) {
  return { path: '/', pathType: 'Prefix', backend: { service: { name: service, port: { number: port } } } };
}

/** The real API server and nothing else: no controller takes a change over, so that what is measured ends with what the API has. */
export async function measureKubernetes(dir: string, count: number): Promise<Measured[]> {
  const { 'gateway-api': definitions } = await installTools(['gateway-api', 'kube-apiserver', 'etcd']);
  const kubernetes = await startKubernetes({ dir: join(dir, 'kubernetes') });
  try {
    const kubeconfig = kubernetes.kubeconfig();
    await prepare(kubeconfig, join(definitions, 'standard', 'gateway.networking.k8s.io_httproutes.yaml'));
    const at = { kubeconfig, namespace: NAMESPACE, takeFrom: ['bench'] };
    const measured: Measured[] = [];
    for (const [name, weights, entry] of entries(at)) {
      const create = createTrafficRouter({ secrets: createSecrets({}) });
      const router = create({ name, entry, weights, nodes: { x: [], y: [] } });
      const rollbacks = await rollBackFrom(byDriver(router), cycle(weights, count), { before: 0, after: 0 });
      measured.push({ name, rollbacks });
    }
    return measured;
  } finally {
    await kubernetes.stop();
  }
}

type At = { readonly kubeconfig: string; readonly namespace: string; readonly takeFrom: string[] };

const entries = (at: At): readonly (readonly [string, readonly number[], Entry])[] => [
  ['Gateway API', WEIGHTS, { via: 'gateway-api', ...at, routes: [{ kind: 'HTTPRoute', name: 'shop' }], x: X, y: Y }],
  ['ingress-nginx', WEIGHTS, { via: 'ingress-nginx', ...at, ingress: 'shop-canary' }],
  ['Kubernetes Service', [100], { via: 'kubernetes-service', ...at, service: 'shop', ...LABELS }],
];

async function prepare(kubeconfig: string, definition: string): Promise<void> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const api = KubernetesObjectApi.makeApiClient(config);
  await api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  for (const document of parseAllDocuments(readFileSync(definition, 'utf8')))
    await api.create(document.toJS() as KubernetesObject);
  const known = async () => {
    await KubernetesObjectApi.makeApiClient(config).list(GATEWAY, 'HTTPRoute', NAMESPACE);
    return true;
  };
  await waitFor('the API knows routes', known, { timeoutMs: 60_000 });
  // A client looks up a kind once.
  const fresh = KubernetesObjectApi.makeApiClient(config);
  for (const object of OBJECTS) await fresh.create(object, undefined, undefined, 'bench');
}
