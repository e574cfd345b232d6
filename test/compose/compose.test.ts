import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { installTools } from '../../sandbox/install/index.ts';
import { parsePlan, type Plan } from '../../src/domain/plan/index.ts';

interface Service {
  readonly image: string;
  readonly profiles?: readonly string[];
  readonly container_name?: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly networks?: { readonly default?: { readonly ipv4_address: string } | null };
  readonly environment?: Readonly<Record<string, string>>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
let services: Readonly<Record<string, Service>> = {};
let compose: (...args: string[]) => Promise<string>;

beforeAll(async () => {
  const { 'docker-compose': command } = await installTools(['docker-compose']);
  compose = async (...args) => (await promisify(execFile)(command, args, { cwd: root })).stdout;
  services = (parse(await compose('--profile', 'y', 'config')) as { services: typeof services }).services;
});

test('docker-compose takes the file', async () => {
  await compose('config', '-q');
});

test('it has real Kong in both versions and everything that an upgrade needs', () => {
  const images = Object.fromEntries(Object.entries(services).map(([name, { image }]) => [name, image]));
  expect(images).toEqual({
    postgres: 'postgres:15',
    temporal: 'temporalio/temporal:1.9.1',
    s3: 'versity/versitygw:v1.8.0',
    nginx: 'nginx:1.28',
    'kong-bootstrap': 'kong:3.6.1',
    'kong-x1': 'kong:3.6.1',
    'kong-x2': 'kong:3.6.1',
    'kong-x-commands': 'kong:3.6.1',
    'kong-y1': 'kong:3.7.1',
    'kong-y2': 'kong:3.7.1',
    'kong-y-commands': 'kong:3.7.1',
    upstream: 'crossfade:local',
    configure: 'crossfade:local',
    'balancer-config': 'crossfade:local',
    worker: 'crossfade:local',
  });
});

test('only the nodes of Y are left out by `up`: the upgrade starts them', () => {
  const later = Object.keys(services).filter((name) => services[name]?.profiles !== undefined);
  expect(later.sort()).toEqual(['kong-y1', 'kong-y2']);
});

test('what it publishes is for this machine only, and no two services want the same port', () => {
  const ports = Object.values(services).flatMap((service) => service.ports ?? []);
  expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  expect(ports.map((port) => Number(port.split(':')[1])).sort((a, b) => a - b)).toEqual([
    5432, 7070, 7233, 8000, 8001, 8011, 8233,
  ]);
});

test('its plan is valid and speaks of its containers, addresses and variables', () => {
  const { plan, faults } = parsePlan(parse(read('sandbox/docker/plan.yaml')));
  expect(faults).toEqual([]);
  const { x, y, traffic, backup } = plan as Plan;
  if (traffic.via !== 'nginx') throw new Error('the balancer is nginx');
  for (const node of [...x.nodes, ...y.nodes]) {
    const container = `crossfade-${node.name}`;
    expect(services[`kong-${node.name}`]?.container_name).toBe(container);
    const address = services[`kong-${node.name}`]?.networks?.default?.ipv4_address;
    expect([node.proxy, node.admin, node.status]).toEqual(
      [8000, 8001, 8100].map((port) => `http://${address}:${port}`),
    );
    expect([node.start, node.stop, node.reload].map((command) => command?.includes(container))).toEqual([
      true,
      true,
      true,
    ]);
  }
  for (const side of [x, y]) expect(services[`kong-${side === x ? 'x' : 'y'}1`]?.image).toBe(`kong:${side.version}`);
  for (const name of ['worker', 'nginx', 'balancer-config'])
    expect(services[name]?.volumes?.some((volume) => volume.split(':')[1] === traffic.directory)).toBe(true);
  expect(read('sandbox/docker/configure.ts')).toContain(`'${backup.s3.bucket}'`);
  const wanted = [...read('sandbox/docker/plan.yaml').matchAll(/\{ env: (\w+) \}/g)].map((match) => match[1] ?? '');
  expect(wanted.filter((name) => services['worker']?.environment?.[name] === undefined)).toEqual([]);
});

test('what the image copies is in the repository', () => {
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--)(.+) \S+$/gm)].flatMap(
    (match) => match[1]?.split(' ') ?? [],
  );
  expect(copied).toContain('src');
  expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
