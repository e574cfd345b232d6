import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { HttpMethod, RequestContext } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeFolder } from '../../sandbox/folder.ts';
import { watchWeight } from '../../src/activities/watch-weight.ts';
import { limitedHttp } from '../../src/adapters/traffic/kubernetes/http.ts';
import type { Balancer } from '../../src/domain/traffic/balancers.ts';
import { quietEnvironment } from '../kong-adapter/fixture.ts';
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

test('a selector that is neither X nor Y is found by the lookout, and overwritten by a retreat', async () => {
  const { epoch } = await serviceRouter().set({
    ...{ upgrade: upgrade('mine'), weight: 0, epoch: (await serviceRouter().current()).epoch + 1 },
  });
  const at = { name: 'service' } as Balancer;
  const lookout = quietEnvironment().run(() =>
    watchWeight(serviceRouter(), { at, upgrade: upgrade('mine'), weight: 0, every: 100, until: 'silent' }),
  );
  const found = expect(lookout).rejects.toEqual(code('ForeignChange'));
  await cluster.patch(proxy, { spec: { selector: { app: 'maintenance', cluster: null } } });
  await found;
  const retreat = { upgrade: upgrade('mine'), weight: 0, epoch: epoch + 1 };
  expect(await serviceRouter().set(retreat)).toMatchObject({ weight: 0, epoch: epoch + 1 });
});

test('an API that takes a connection and never answers is given up after a while', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const request = new RequestContext(`http://127.0.0.1:${port}/`, HttpMethod.GET);
  const answer = limitedHttp('it', 50).send(request).toPromise();
  await expect(answer).rejects.toThrow('it did not answer within 0.05 s.');
  await expect(answer).rejects.toEqual(code('BalancerUnreachable'));
  silent.close();
});
