import type { Manifest } from './kubernetes-setup.ts';
import { NAMESPACE } from './kubernetes-worker-setup.ts';

export const X = { service: 'kong-x', port: 80 };
export const Y = { service: 'kong-y', port: 80 };
export const TESTERS = { header: 'x-crossfade', value: 'y' };

const GATEWAY = 'gateway.networking.k8s.io/v1';
const parentRefs = [{ name: 'edge' }];
const metadata = (name: string) => ({ name, namespace: NAMESPACE });

/** A route of people's own: one rule with X alone and filters, one with both, one that Kong has nothing to do with. */
export const httpRoute = (name: string): Manifest => ({
  apiVersion: GATEWAY,
  kind: 'HTTPRoute',
  metadata: metadata(name),
  spec: {
    parentRefs,
    hostnames: ['api.example.com'],
    rules: [
      {
        matches: [{ path: { type: 'PathPrefix', value: '/orders' }, headers: [{ name: 'version', value: '2' }] }],
        filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'by', value: 'edge' }] } }],
        timeouts: { request: '10s' },
        backendRefs: [{ name: X.service, port: X.port }],
      },
      {
        backendRefs: [
          { name: X.service, port: X.port, weight: 1 },
          { name: Y.service, port: Y.port, weight: 0 },
        ],
      },
      {
        matches: [{ path: { type: 'PathPrefix', value: '/old' } }],
        filters: [{ type: 'RequestRedirect', requestRedirect: { hostname: 'old.example.com' } }],
      },
      {
        matches: [{ path: { type: 'PathPrefix', value: '/files' } }],
        backendRefs: [{ name: 'files', port: 8080 }],
      },
    ],
  },
});

export const plainRoute = (kind: 'GRPCRoute' | 'TCPRoute', name: string): Manifest => ({
  apiVersion: GATEWAY,
  kind,
  metadata: metadata(name),
  spec: { parentRefs, rules: [{ backendRefs: [{ name: X.service, port: X.port }] }] },
});

export const gatewayEntry = (...routes: readonly Manifest[]) => ({
  via: 'gateway-api',
  routes: routes.map(({ kind, metadata: { name } }) => ({ kind, name })),
  x: X,
  y: Y,
});

/** The rules of a route with another share. */
export const rulesWith = ({ spec }: Manifest, y: number): unknown[] =>
  (spec as { rules: { backendRefs?: { name: string }[] }[] }).rules.map(({ backendRefs, ...rule }) => ({
    ...rule,
    ...(backendRefs === undefined ? {} : { backendRefs: backendRefs.map((ref) => ({ ...ref, ...weightOf(ref, y) })) }),
  }));

const weightOf = ({ name }: { name: string }, y: number) =>
  name === X.service ? { weight: 100 - y } : name === Y.service ? { weight: y } : {};

export const canary = (name: string, annotations: Readonly<Record<string, string>> = {}): Manifest => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: {
    ...metadata(name),
    annotations: {
      'nginx.ingress.kubernetes.io/canary': 'true',
      'nginx.ingress.kubernetes.io/canary-weight': '0',
      'example.com/owner': 'payments',
      ...annotations,
    },
  },
  spec: {
    ingressClassName: 'nginx',
    rules: [
      {
        host: 'api.example.com',
        http: {
          paths: [
            { path: '/', pathType: 'Prefix', backend: { service: { name: Y.service, port: { number: Y.port } } } },
          ],
        },
      },
    ],
  },
});

export const LABELS = { x: { app: 'kong', cluster: 'x' }, y: { app: 'kong', cluster: 'y' } };

export const service = (name: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: metadata(name),
  spec: { selector: LABELS.x, ports: [{ port: 80 }] },
});

export const pod = (name: string, labels: Readonly<Record<string, string>>): Manifest => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...metadata(name), labels },
  spec: { containers: [{ name: 'kong', image: 'kong' }] },
});

/** As Kubernetes' own controller writes them. */
export const slice = (of: string, ...endpoints: readonly { address: string; ready: boolean }[]): Manifest => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { ...metadata(`${of}-1`), labels: { 'kubernetes.io/service-name': of } },
  addressType: 'IPv4',
  endpoints: endpoints.map(({ address, ready }) => ({ addresses: [address], conditions: { ready } })),
  ports: [],
});
