import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeFolder } from '../../sandbox/folder.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { gatewayEntry, httpRoute, plainRoute, rulesWith, TESTERS } from './kubernetes-manifests.ts';
import { listenAs, passOn, type Between } from './kubernetes-proxy.ts';
import { BUILD, code, startCluster, WORKER, type Cluster, type Manifest } from './kubernetes-setup.ts';
import { NAMESPACE, routerFor, upgrade } from './kubernetes-worker-setup.ts';

const HALFWAY = 'halfway';
const PATIENCE = 60_000;
const mine = upgrade('mine');

const dir = tempFolder();
let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster(dir, [HALFWAY]);
}, BUILD);
afterAll(async () => {
  await cluster.stop();
  await removeFolder(dir);
});

let made = 0;
async function create(manifest: (name: string) => Manifest, manager?: string): Promise<Manifest> {
  const route = manifest(`route-${++made}`);
  await cluster.create(route, manager);
  return route;
}
const routerOf = (...routes: readonly Manifest[]) => cluster.router(gatewayEntry(...routes));
const specOf = async (route: Manifest) => (await cluster.read(route)).spec as Record<string, unknown>;
const annotationsOf = async (route: Manifest) => (await cluster.read(route)).metadata['annotations'];

test('a share is set in every rule of X and Y, and everything else of the route stays', async () => {
  const route = await create(httpRoute);
  const before = await specOf(route);
  await routerOf(route).set({ upgrade: mine, weight: 25, epoch: 1, expected: 0 });
  const { rules, ...rest } = await specOf(route);
  const { rules: rulesBefore, ...restBefore } = before;
  expect(rest).toEqual(restBefore);
  const withoutBackends = (all: unknown) =>
    (all as { backendRefs?: unknown }[]).map(({ backendRefs: _, ...rule }) => rule);
  expect(withoutBackends(rules)).toEqual(withoutBackends(rulesBefore));
  const [orders, all, redirect, files] = rules as { backendRefs?: unknown }[];
  const both = [
    expect.objectContaining({ name: 'kong-x', port: 80, weight: 75 }) as unknown,
    expect.objectContaining({ name: 'kong-y', port: 80, weight: 25 }) as unknown,
  ];
  expect(orders?.backendRefs).toEqual(both);
  expect(all?.backendRefs).toEqual(both);
  expect(redirect).not.toHaveProperty('backendRefs');
  expect(files).toEqual((rulesBefore as unknown[])[3]);
  expect(await annotationsOf(route)).toEqual({
    'crossfade.dev/epoch': '1',
    'crossfade.dev/run': 'mine',
    'crossfade.dev/weight': '25',
  });
});

test('several routes: all or none, but a retreat goes as far as it can', async () => {
  const routes = [await create(httpRoute), await create((name) => plainRoute('GRPCRoute', name))];
  const [one, two] = routes as [Manifest, Manifest];
  const role = { name: HALFWAY, namespace: NAMESPACE };
  const apiGroups = ['gateway.networking.k8s.io'];
  const rules = [
    { apiGroups, resources: ['httproutes', 'grpcroutes'], verbs: ['get'] },
    { apiGroups, resources: ['httproutes'], verbs: ['patch'] },
  ];
  const authorization = 'rbac.authorization.k8s.io';
  await cluster.create({ apiVersion: `${authorization}/v1`, kind: 'Role', metadata: { ...role }, rules });
  await cluster.create({
    ...{ apiVersion: `${authorization}/v1`, kind: 'RoleBinding', metadata: { ...role } },
    subjects: [{ kind: 'User', name: HALFWAY, apiGroup: authorization }],
    roleRef: { kind: 'Role', name: HALFWAY, apiGroup: authorization },
  });
  const halfway = routerFor(cluster.kubernetes.kubeconfig(HALFWAY), gatewayEntry(...routes));
  const before = await specOf(one);

  const refused = halfway.set({ upgrade: mine, weight: 25, epoch: 3, expected: 0 });
  await expect(refused).rejects.toEqual(code('BalancerRefused'));
  await expect(refused).rejects.toThrow(/patch GRPCRoute .* cannot patch resource "grpcroutes"/);
  expect(await specOf(one)).toEqual({ ...before, rules: expect.anything() as unknown });
  expect(await routerOf(one).current()).toEqual({ weight: 0, out: [], epoch: 0 });
  expect(await annotationsOf(one)).toBeUndefined();

  const both = routerOf(one, two);
  await both.set({ upgrade: mine, weight: 25, epoch: 4, expected: 0 });
  await expect(halfway.set({ upgrade: mine, weight: 0, epoch: 5 })).rejects.toEqual(code('BalancerRefused'));
  expect(await routerOf(one).current()).toMatchObject({ weight: 0, epoch: 5 });
  // What is odd is told, so that nobody takes the mixture for a retreat.
  expect(await both.current()).toMatchObject({ weight: 25, epoch: 5 });
  expect(await both.set({ upgrade: mine, weight: 0, epoch: 5 })).toMatchObject({ weight: 0, epoch: 5 });
});

test('a worker that died between two routes: the odd one is told, and a repeat completes it', async () => {
  const routes = [await create(httpRoute), await create(httpRoute)];
  const [one, two] = routes as [Manifest, Manifest];
  const both = routerOf(one, two);
  await routerOf(one).set({ upgrade: mine, weight: 25, epoch: 7, expected: 0 });
  expect(await both.current()).toEqual({ weight: 0, out: [], epoch: 7, by: 'mine' });
  expect(await both.verify(25, { within: 0 })).toMatchObject({ agrees: false });
  expect(await both.set({ upgrade: mine, weight: 25, epoch: 7, expected: 0 })).toMatchObject({ weight: 25, epoch: 7 });
  await cluster.patch(two, { spec: { rules: rulesWith(await cluster.read(two), 60) } });
  expect((await both.current()).weight).toBe(60);
  await expect(both.set({ upgrade: mine, weight: 50, epoch: 8, expected: 25 })).rejects.toEqual(code('ForeignChange'));
  expect((await routerOf(one).current()).weight).toBe(25);
});

test('a worker that is killed after its change and before it reads back: the next one finds it, and may repeat it', async () => {
  const route = await create(httpRoute);
  const { url, token } = cluster.kubernetes;
  const changed = Promise.withResolvers<void>();
  const between: Between = { after: () => (changed.resolve(), false) };
  const listener = await listenAs(join(dir, 'killed'), token(WORKER), passOn(url, between));
  const program = fileURLToPath(new URL('kubernetes-worker.ts', import.meta.url));
  const args = [program, listener.kubeconfig, JSON.stringify(gatewayEntry(route)), '25', '9'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  await changed.promise;
  child.kill('SIGKILL');
  await once(child, 'exit');
  await listener.stop();
  const router = routerOf(route);
  expect(await router.current()).toEqual({ weight: 25, out: [], epoch: 9, by: 'mine' });
  expect(await router.set({ upgrade: mine, weight: 25, epoch: 9, expected: 0 })).toMatchObject({
    weight: 25,
    epoch: 9,
  });
  await expect(router.set({ upgrade: mine, weight: 0, epoch: 8 })).rejects.toEqual(code('StaleEpoch'));
});

test('a change between the look and the write is not overwritten: it is decided anew', async () => {
  const route = await create(httpRoute);
  await routerOf(route).set({ upgrade: mine, weight: 0, epoch: 1, expected: 0 });
  const { url, token } = cluster.kubernetes;
  const changes: (() => Promise<void>)[] = [
    async () => cluster.patch(route, { metadata: { labels: { team: 'payments' } } }),
    async () => cluster.patch(route, { spec: { rules: rulesWith(await cluster.read(route), 50) } }),
  ];
  const between: Between = { before: async () => changes.shift()?.() };
  const listener = await listenAs(join(dir, 'between'), token(WORKER), passOn(url, between));
  const router = routerFor(listener.kubeconfig, gatewayEntry(route));
  const foreign = router.set({ upgrade: mine, weight: 25, epoch: 2, expected: 0 });
  await expect(foreign).rejects.toThrow('0 % on Y was expected and 50 % was found');
  expect(changes).toEqual([]);
  expect((await routerOf(route).current()).weight).toBe(50);
  changes.push(async () => cluster.patch(route, { metadata: { labels: { team: 'orders' } } }));
  expect(await router.set({ upgrade: mine, weight: 0, epoch: 3 })).toMatchObject({ weight: 0 });
  expect((await cluster.read(route)).metadata['labels']).toEqual({ team: 'orders' });
  await listener.stop();
});

test('in force is what a controller has taken over; where none reports, the route is believed', async () => {
  const route = await create(httpRoute);
  const router = routerOf(route);
  await router.set({ upgrade: mine, weight: 5, epoch: 1, expected: 0 });
  expect(await router.verify(5, { within: 0 })).toMatchObject({
    agrees: true,
    what: expect.stringContaining('no controller reports') as string,
  });
  const report = async (behind: number, resolved = 'True') => {
    const generation = (await cluster.read(route)).metadata['generation'] as number;
    const condition = (type: string, status: string) => ({
      ...{ type, status, reason: status === 'True' ? type : 'BackendNotFound', message: 'as the test has it' },
      ...{ observedGeneration: generation - behind, lastTransitionTime: '2026-01-01T00:00:00Z' },
    });
    const conditions = [condition('Accepted', 'True'), condition('ResolvedRefs', resolved)];
    await cluster.patchStatus(route, {
      parents: [{ parentRef: { name: 'edge' }, controllerName: 'example.com/gateway', conditions }],
    });
  };
  await report(1);
  const late = await router.verify(5, { within: 0 });
  expect(late).toMatchObject({
    agrees: false,
    what: expect.stringMatching(/edge does not go by .* generation/) as string,
  });
  await report(0, 'False');
  expect((await router.verify(5, { within: 0 })).what).toContain('ResolvedRefs is False (BackendNotFound');
  // A Service of Y that is gone is in nobody's way back.
  await router.set({ upgrade: mine, weight: 0, epoch: 2 });
  await report(1, 'False');
  expect(await router.verify(0, { within: 0 })).toMatchObject({ agrees: false });
  await report(0, 'False');
  expect(await router.verify(0, { within: 0 })).toMatchObject({ agrees: true });
  await router.set({ upgrade: mine, weight: 5, epoch: 3, expected: 0 });
  const seen: string[] = [];
  const taken = router.verify(5, {
    within: PATIENCE / 2,
    report: (what) => {
      if (seen.push(what) === 1) void report(0);
    },
  });
  expect(await taken).toMatchObject({ agrees: true, what: expect.stringContaining('taken over by edge') as string });
  expect(seen.length).toBeGreaterThan(1);
});

test('that nothing goes to Y any more is believed only after a while: controllers report before they do it', async () => {
  const router = routerOf(await create(httpRoute));
  const looks: string[] = [];
  const back = router.verify(0, { within: PATIENCE / 2, report: (what) => void looks.push(what) });
  expect(await back).toMatchObject({ agrees: true });
  expect(looks.length).toBeGreaterThan(1);
  expect(new Set(looks).size).toBe(1);
});

test("testers: a route of its own beside each, narrower by the header; somebody else's of that name is never touched", async () => {
  const route = await create(httpRoute);
  const router = cluster.router({ ...gatewayEntry(route), testers: TESTERS });
  const own = { ...httpRoute(`${route.metadata.name}-crossfade-testers`) };
  expect(await router.setTesters?.({ upgrade: mine, open: true, epoch: 1 })).toMatchObject({
    weight: 0,
    testers: true,
  });
  const { metadata, spec } = await cluster.read(own);
  expect(metadata['labels']).toEqual({ 'app.kubernetes.io/managed-by': 'crossfade' });
  const header = { type: 'Exact', name: 'x-crossfade', value: 'y' };
  const version = { type: 'Exact', name: 'version', value: '2' };
  expect(spec).toMatchObject({
    ...{ parentRefs: [{ name: 'edge' }], hostnames: ['api.example.com'] },
    rules: [
      {
        matches: [{ path: { value: '/orders' }, headers: [version, header] }],
        backendRefs: [{ name: 'kong-y', port: 80 }],
      },
      { matches: [{ path: { value: '/' }, headers: [header] }], backendRefs: [{ name: 'kong-y', port: 80 }] },
    ],
  });
  expect((spec as { rules: unknown[] }).rules).toHaveLength(2);
  expect(await router.setTesters?.({ upgrade: mine, open: false, epoch: 2 })).toMatchObject({ testers: false });
  await expect(cluster.read(own)).rejects.toThrow();

  await cluster.create(own);
  await expect(router.describe()).rejects.toThrow(/crossfade-testers .* is somebody else's/);
  await expect(router.setTesters?.({ upgrade: mine, open: true, epoch: 3 })).rejects.toEqual(
    code('BalancerNotPrepared'),
  );
  expect(await router.setTesters?.({ upgrade: mine, open: false, epoch: 4 })).toMatchObject({ testers: false });
  expect((await cluster.read(own)).spec).toMatchObject({ rules: [{}, {}, {}, {}] });
  const streams = await create((name) => plainRoute('TCPRoute', name));
  const tcp = cluster.router({ ...gatewayEntry(streams), testers: TESTERS });
  await expect(tcp.describe()).rejects.toEqual(code('WeightImpossible'));
});
