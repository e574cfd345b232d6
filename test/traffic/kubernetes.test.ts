import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeFolder } from '../../sandbox/folder.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { driverCases } from './driver-cases.ts';
import {
  canary,
  gatewayEntry,
  httpRoute,
  LABELS,
  plainRoute,
  rulesWith,
  service,
  TESTERS,
} from './kubernetes-manifests.ts';
import { BUILD, code, startCluster, type Cluster } from './kubernetes-setup.ts';
import { upgrade } from './kubernetes-worker-setup.ts';

const routes = [httpRoute('kong'), plainRoute('GRPCRoute', 'kong-grpc'), plainRoute('TCPRoute', 'kong-tcp')];
const ingress = canary('kong-canary');
const proxy = service('kong-proxy');

const dir = tempFolder();
let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster(dir);
  for (const manifest of [...routes, ingress, proxy]) await cluster.create(manifest);
}, BUILD);
afterAll(async () => {
  await cluster.stop();
  await removeFolder(dir);
});

const canaryRouter = () => cluster.router({ via: 'ingress-nginx', ingress: 'kong-canary', testers: TESTERS });
const serviceRouter = () => cluster.router({ via: 'kubernetes-service', service: 'kong-proxy', ...LABELS }, [100]);

driverCases('gateway-api', {
  router: () => cluster.router({ ...gatewayEntry(...routes), testers: TESTERS }),
  weights: [5, 25, 100],
  testers: true,
  async restart() {
    await cluster.kubernetes.stopApi();
    await cluster.kubernetes.startApi();
  },
  async foreign(weight) {
    const [route = httpRoute('kong')] = routes;
    await cluster.patch(route, { spec: { rules: rulesWith(await cluster.read(route), weight) } });
  },
  runs: 3,
});

driverCases('ingress-nginx', {
  router: canaryRouter,
  weights: [5, 25, 100],
  testers: true,
  foreign: (weight) =>
    cluster.patch(ingress, {
      metadata: { annotations: { 'nginx.ingress.kubernetes.io/canary-weight': String(weight) } },
    }),
  runs: 5,
});

driverCases('kubernetes-service', {
  router: serviceRouter,
  weights: [100],
  foreign: (weight) => cluster.patch(proxy, { spec: { selector: weight === 100 ? LABELS.y : LABELS.x } }),
  runs: 5,
});

test('ingress-nginx and kubernetes-service: a restart of the API keeps the weight, and whose it is', async () => {
  const both = [canaryRouter(), serviceRouter()];
  const epoch = 1 + Math.max(...(await Promise.all(both.map(async (router) => (await router.current()).epoch))));
  const change = { upgrade: upgrade('mine'), weight: 100, epoch };
  const before = await Promise.all(both.map((router) => router.set(change)));
  await cluster.kubernetes.stopApi();
  for (const router of both) await expect(router.current()).rejects.toEqual(code('BalancerUnreachable'));
  await cluster.kubernetes.startApi();
  for (const [index, router] of [canaryRouter(), serviceRouter()].entries()) {
    expect(await router.current()).toEqual(before[index]);
    expect(await router.set(change)).toEqual(before[index]);
    await expect(router.set({ ...change, weight: 0, epoch: epoch - 1 })).rejects.toEqual(code('StaleEpoch'));
    expect(await router.set({ ...change, weight: 0, epoch: epoch + 1 })).toMatchObject({ weight: 0 });
  }
});
