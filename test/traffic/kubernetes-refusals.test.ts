import { writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeFolder } from '../../sandbox/folder.ts';
import { freePort } from '../../sandbox/free-port.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import {
  canary,
  gatewayEntry,
  httpRoute,
  LABELS,
  plainRoute,
  pod,
  service,
  slice,
  TESTERS,
} from './kubernetes-manifests.ts';
import { listenAs, writeKubeconfig } from './kubernetes-proxy.ts';
import { BUILD, code, startCluster, type Cluster } from './kubernetes-setup.ts';
import { routerFor, upgrade } from './kubernetes-worker-setup.ts';

const NOBODY = 'nobody';
const mine = upgrade('mine');
const route = httpRoute('kong');
const entries = [
  gatewayEntry(route),
  { via: 'ingress-nginx', ingress: 'kong-canary' },
  { via: 'kubernetes-service', service: 'kong-proxy', ...LABELS },
];

const dir = tempFolder();
let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster(dir, [NOBODY]);
  for (const manifest of [route, canary('kong-canary'), service('kong-proxy')]) await cluster.create(manifest);
}, BUILD);
afterAll(async () => {
  await cluster.stop();
  await removeFolder(dir);
});

const noServer = (file: string, server: string, token = 'secret-of-the-test') => {
  writeKubeconfig(join(dir, file), server, token);
  return join(dir, file);
};

test('permission denied is told with the verb and the kind; so are credentials that nobody knows', async () => {
  for (const entry of entries) {
    const denied = routerFor(cluster.kubernetes.kubeconfig(NOBODY), entry);
    await expect(denied.current()).rejects.toThrow(/get (HTTPRoute|Ingress|Service) .*"nobody" cannot get resource/);
    await expect(denied.set({ upgrade: mine, weight: 100, epoch: 1 })).rejects.toEqual(code('BalancerRefused'));
    const unknown = routerFor(noServer('unknown', cluster.kubernetes.url), entry);
    await expect(unknown.describe()).rejects.toEqual(code('BalancerRefused'));
    await expect(unknown.describe()).rejects.not.toThrow('secret-of-the-test');
  }
});

test('what is not there is told by name: objects, kinds, the kubeconfig and its context', async () => {
  const missing = [
    [gatewayEntry(httpRoute('other')), /no HTTPRoute other in namespace kong/],
    [{ via: 'ingress-nginx', ingress: 'other' }, /no Ingress other/],
    [{ via: 'kubernetes-service', service: 'other', ...LABELS }, /no Service other/],
    [{ ...entries[0], kubeconfig: join(dir, 'absent') }, /absent can't be read by the worker \(ENOENT\)/],
    [{ ...entries[0], context: 'production' }, /no context production; it has sandbox/],
  ] as const;
  for (const [entry, message] of missing) {
    await expect(cluster.router(entry).describe()).rejects.toThrow(message);
    await expect(cluster.router(entry).describe()).rejects.toEqual(code('BalancerNotPrepared'));
  }
  writeFileSync(join(dir, 'broken'), 'users: [{ token: secret-of-the-test');
  const broken = routerFor(join(dir, 'broken'), { ...entries[0] });
  await expect(broken.describe()).rejects.toThrow(/^The kubeconfig \S+broken is not a kubeconfig\.$/);
});

test('nobody there, and answers of something that is not Kubernetes; nothing of a token in any error', async () => {
  const token = 'secret-of-the-test';
  const echo: RequestListener = ({ headers }, response) => void response.end(`what? ${JSON.stringify(headers)}`);
  const answers: Readonly<Record<string, RequestListener>> = {
    text: (_, response) => void response.end('<html>Welcome to nginx!</html>'),
    json: (_, response) => void response.setHeader('content-type', 'application/json').end('{"ok":true}'),
    wrong: (_, response) =>
      void response.setHeader('content-type', 'application/json').end('{"kind":"APIResourceList","resources":7}'),
    echo,
  };
  for (const [name, answer] of Object.entries(answers)) {
    const listener = await listenAs(join(dir, name), token, answer);
    for (const entry of entries) {
      const router = routerFor(listener.kubeconfig, entry);
      for (const call of [router.current(), router.set({ upgrade: mine, weight: 100, epoch: 1 })]) {
        await expect(call).rejects.toEqual(code('BalancerNonsense'));
        await expect(call).rejects.not.toThrow(token);
      }
    }
    await listener.stop();
  }
  const ssh = createServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-OpenSSH_9.2\r\n')).listen(
    0,
    '127.0.0.1',
  );
  await once(ssh, 'listening');
  const { port } = ssh.address() as { port: number };
  for (const scheme of ['http', 'https'])
    await expect(
      routerFor(noServer('ssh', `${scheme}://127.0.0.1:${port}`), { ...entries[0] }).current(),
    ).rejects.toEqual(code('BalancerNonsense'));
  ssh.close();
  const gone = routerFor(noServer('gone', `https://127.0.0.1:${await freePort()}`), { ...entries[0] });
  await expect(gone.current()).rejects.toThrow(/can't be reached \(ECONNREFUSED/);
  await expect(gone.current()).rejects.toEqual(code('BalancerUnreachable'));
  const unavailable: RequestListener = (_, response) => void response.writeHead(503).end('try again');
  const listener = await listenAs(join(dir, 'unavailable'), token, unavailable);
  await expect(routerFor(listener.kubeconfig, { ...entries[0] }).current()).rejects.toEqual(
    code('BalancerUnreachable'),
  );
  await listener.stop();
});

test('fields of others are not taken without leave, and who will put them back is told', async () => {
  const argo = httpRoute('of-argo');
  await cluster.create(argo, 'argocd-controller');
  await expect(cluster.router(gatewayEntry(argo)).describe()).rejects.toThrow(/belong to argocd-controller/);
  const allowed = cluster.router({ ...gatewayEntry(argo), takeFrom: ['argocd-controller'] });
  expect(await allowed.describe()).toMatchObject({
    place: expect.stringContaining('taken over from argocd-controller') as string,
    lacks: [expect.stringContaining('Argo CD looks after HTTPRoute of-argo') as string],
  });
  expect(await allowed.set({ upgrade: mine, weight: 5, epoch: 1, expected: 0 })).toMatchObject({ weight: 5 });
  expect((await allowed.describe()).place).not.toContain('taken over');

  const label = { 'kustomize.toolkit.fluxcd.io/name': 'apps' };
  const flux = { ...httpRoute('of-flux'), metadata: { ...httpRoute('of-flux').metadata, labels: label } };
  await cluster.create(flux);
  const router = cluster.router(gatewayEntry(flux));
  expect((await router.describe()).lacks).toEqual([expect.stringContaining('Flux looks after') as string]);
  await cluster.patch(flux, { metadata: { annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' } } });
  expect((await router.describe()).lacks).toEqual([]);
});

test('routes that no share can be made of are refused before the upgrade', async () => {
  const backendRefs = (...refs: readonly object[]) => ({ spec: { rules: [{ backendRefs: refs }] } });
  const [x, y, other] = ['kong-x', 'kong-y', 'other'].map((name) => ({ name, port: 80 })) as [object, object, object];
  const cases = [
    [backendRefs(x, y, other), 'a rule gives other a share besides X and Y'],
    [backendRefs(x, x), 'a rule has kong-x:80 twice'],
    [backendRefs({ ...x, weight: 0 }), 'a rule gives neither X nor Y anything'],
    [backendRefs(other), 'no rule has kong-x or kong-y'],
  ] as const;
  const one = plainRoute('GRPCRoute', 'odd');
  await cluster.create(one);
  const router = cluster.router(gatewayEntry(one));
  for (const [change, message] of cases) {
    await cluster.patch(one, change, 'kubectl-edit');
    await expect(router.describe()).rejects.toThrow(message);
    await expect(router.describe()).rejects.toEqual(code('BalancerNotPrepared'));
    await expect(router.current()).rejects.toEqual(code('ForeignChange'));
  }
  await cluster.patch(one, backendRefs(x, y, { ...other, weight: 0 }), 'kubectl-edit');
  expect((await router.current()).weight).toBe(50);
});

test('TCPRoute of clusters that have only v1alpha2', async () => {
  const name = 'tcproutes.gateway.networking.k8s.io';
  const definition = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name } };
  const found = await cluster.read(definition as never);
  const { versions } = found.spec as { versions: { name: string }[] };
  const streams = plainRoute('TCPRoute', 'streams');
  await cluster.create(streams);
  const served = versions.map((version) => ({ ...version, served: version.name === 'v1alpha2' }));
  await cluster.patch(definition as never, { spec: { versions: served } });
  const isInV1 = () =>
    cluster.read(streams).then(
      () => true,
      () => false,
    );
  await expect.poll(isInV1, { timeout: 60_000 }).toBe(false);
  const router = cluster.router(gatewayEntry(streams));
  await expect.poll(() => router.current(), { timeout: 60_000 }).toMatchObject({ weight: 0 });
  expect(await router.set({ upgrade: mine, weight: 25, epoch: 1, expected: 0 })).toMatchObject({ weight: 25 });
});

test('ingress-nginx: parts of the total; annotations of others stay; what is no canary is refused', async () => {
  const total = 'nginx.ingress.kubernetes.io/canary-weight-total';
  const one = canary('thousandths', { [total]: '1000' });
  await cluster.create(one);
  const entry = { via: 'ingress-nginx', ingress: 'thousandths', testers: TESTERS };
  const router = cluster.router(entry);
  await router.set({ upgrade: mine, weight: 5, epoch: 1, expected: 0 });
  await router.setTesters?.({ upgrade: mine, open: true, epoch: 2 });
  const annotations = async () => (await cluster.read(one)).metadata['annotations'];
  const own = { [total]: '1000', 'example.com/owner': 'payments', 'nginx.ingress.kubernetes.io/canary-weight': '50' };
  const way = {
    'nginx.ingress.kubernetes.io/canary-by-header': 'x-crossfade',
    'nginx.ingress.kubernetes.io/canary-by-header-value': 'y',
  };
  expect(await annotations()).toMatchObject({ ...own, ...way });
  await router.setTesters?.({ upgrade: mine, open: false, epoch: 3 });
  expect(await annotations()).toMatchObject(own);
  expect(await annotations()).not.toHaveProperty([Object.keys(way)[0] ?? '']);
  await cluster.patch(one, { metadata: { annotations: { [total]: '10' } } }, 'kubectl-edit');
  await expect(router.describe()).rejects.toThrow(
    "can't make 5, 25 %: its nginx.ingress.kubernetes.io/canary-weight-total is 10",
  );
  await cluster.patch(
    one,
    { metadata: { annotations: { 'nginx.ingress.kubernetes.io/canary': 'false' } } },
    'kubectl-edit',
  );
  await expect(router.describe()).rejects.toEqual(code('BalancerNotPrepared'));
  await expect(router.current()).rejects.toEqual(code('ForeignChange'));
});

test('kubernetes-service: all or nothing; in force once the addresses are those of the wanted pods, and ready', async () => {
  const name = 'switched';
  const one = service(name);
  const [x1, y1] = [pod('x1', LABELS.x), pod('y1', LABELS.y)];
  for (const manifest of [one, x1, y1]) await cluster.create(manifest);
  await cluster.patchStatus(x1, { podIP: '10.1.0.1', podIPs: [{ ip: '10.1.0.1' }] });
  await cluster.patchStatus(y1, { podIP: '10.1.0.2', podIPs: [{ ip: '10.1.0.2' }] });
  const router = cluster.router({ via: 'kubernetes-service', service: name, ...LABELS }, [100]);
  expect(await router.describe()).toMatchObject({ weights: [0, 100] });
  await expect(router.set({ upgrade: mine, weight: 50, epoch: 1 })).rejects.toEqual(code('WeightImpossible'));
  await router.set({ upgrade: mine, weight: 100, epoch: 1, expected: 0 });
  expect((await router.verify(100, { within: 0 })).what).toContain('no controller reports the addresses');
  const addresses = slice(name, { address: '10.1.0.1', ready: true });
  await cluster.create(addresses);
  const verify = () => router.verify(100, { within: 0 });
  expect(await verify()).toMatchObject({ agrees: false, what: expect.stringContaining('and 1 of others') as string });
  const set = (...ready: readonly [string, boolean][]) =>
    cluster.patch(addresses, {
      endpoints: slice(name, ...ready.map(([address, is]) => ({ address, ready: is })))['endpoints'],
    });
  await set(['10.1.0.2', false]);
  expect(await verify()).toMatchObject({ agrees: false, what: expect.stringContaining('0 of 1 pods ready') as string });
  await set(['10.1.0.2', true], ['10.1.0.1', false]);
  expect(await verify()).toMatchObject({ agrees: true, what: expect.stringContaining('1 of 1 pods ready') as string });
  await cluster.patch(one, { spec: { selector: { app: 'maintenance', cluster: null } } });
  await expect(router.current()).rejects.toThrow(/selects {"app":"maintenance"}, which is neither X nor Y/);
  expect(await router.set({ upgrade: mine, weight: 0, epoch: 2 })).toMatchObject({ weight: 0 });
});
