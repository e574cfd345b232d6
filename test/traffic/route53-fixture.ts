import { rmSync } from 'node:fs';
import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
  type Change,
  type ResourceRecordSet,
} from '@aws-sdk/client-route-53';
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';
import { startMoto } from '../../sandbox/servers/moto.ts';
import { createTrafficRouter } from '../../src/adapters/traffic/index.ts';
import type { CreateTrafficRouter, TrafficRouter } from '../../src/adapters/traffic/port.ts';
import type { EntryVia } from '../../src/domain/plan/index.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { startDnsServer, type DnsServer } from './dns-server.ts';
import { startMeddler, type Meddler } from './meddler.ts';
import { upgrade } from './setup.ts';

export type Entry = EntryVia<'route53'>;
export const WEIGHTS = [5, 50, 100] as const;
export const X = ['192.0.2.1', '192.0.2.2'];
export const Y = ['198.51.100.1'];
export const RECORD = 'api.example.com';
export const MARK = '_crossfade.api.example.com';
export const KEY = 'a-secret-access-key';
export const mine = upgrade('11111111-1111-4111-8111-111111111111');
export const code = (name: string, text = ''): Error =>
  expect.objectContaining({ code: name, message: expect.stringContaining(text) as string }) as Error;

/** moto, what stands before it, and a resolver that answers by its records as Route 53 does. */
export interface Route53 {
  readonly moto: string;
  readonly meddler: Meddler;
  readonly resolver: DnsServer;
  readonly entry: Entry;
  /** As a worker has it; another one does not know which changes this one submitted. */
  worker(entry?: Partial<Entry>): { router(): TrafficRouter };
  /** Past the driver. */
  change(...changes: readonly (readonly [Change['Action'], ResourceRecordSet])[]): Promise<void>;
  sets(name: string): Promise<ResourceRecordSet[]>;
  stop(): Promise<void>;
}

export const weighted = (name: string, side: 'x' | 'y', weight: number, ttl = 1): ResourceRecordSet => ({
  ...{ Name: `${name}.`, Type: 'A', SetIdentifier: `crossfade-${side}`, Weight: weight, TTL: ttl },
  ResourceRecords: (side === 'x' ? X : Y).map((Value) => ({ Value })),
});

/** A zone whose `api.example.com` is prepared. */
async function startRoute53(): Promise<Route53> {
  const dir = tempFolder();
  const moto = await startMoto({ dir });
  const meddler = await startMeddler(moto.endpoint);
  const resolver = await startDnsServer();
  const client = new Route53Client({ endpoint: moto.endpoint, region: 'us-east-1' });
  const { HostedZone } = await client.send(
    new CreateHostedZoneCommand({ Name: 'example.com', CallerReference: 'test' }),
  );
  const HostedZoneId = HostedZone?.Id?.replace('/hostedzone/', '') ?? '';
  const entry: Entry = {
    ...{ via: 'route53', zone: HostedZoneId, record: RECORD, type: 'A', x: X, y: Y, ttl: 1 },
    ...{ resolvers: [resolver.address], region: 'us-east-1', endpoint: meddler.address },
  };
  const sets = async (name: string) => {
    const { ResourceRecordSets = [] } = await client.send(new ListResourceRecordSetsCommand({ HostedZoneId }));
    return ResourceRecordSets.filter(({ Name }) => Name === `${name}.`);
  };
  const change: Route53['change'] = async (...changes) => {
    const Changes = changes.map(([Action, ResourceRecordSet]) => ({ Action, ResourceRecordSet }));
    await client.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } }));
  };
  await change(['CREATE', weighted(RECORD, 'x', 100)], ['CREATE', weighted(RECORD, 'y', 0)]);
  resolver.answer = async (name) => draw(await sets(name));
  return {
    ...{ moto: moto.endpoint, meddler, resolver, entry, change, sets },
    worker(more = {}) {
      const create: CreateTrafficRouter = createTrafficRouter({ secrets: { resolve: String, redact: String } });
      const at = { name: 'dns', entry: { ...entry, ...more }, weights: WEIGHTS, nodes: { x: [], y: [] } };
      return { router: () => create(at) };
    },
    async stop() {
      client.destroy();
      await resolver.stop();
      await meddler.stop();
      await moto.stop();
      rmSync(dir, { recursive: true });
    },
  };
}

/** One of the record sets, by their weights. */
function draw(sets: readonly ResourceRecordSet[]): string[] {
  const addresses = sets.filter(({ Type }) => Type === 'A');
  let at = Math.random() * addresses.reduce((sum, { Weight = 1 }) => sum + Weight, 0);
  const drawn = addresses.find(({ Weight = 1 }) => (at -= Weight) < 0);
  return (drawn?.ResourceRecords ?? []).map(({ Value = '' }) => Value);
}

/** One of them for a test file. */
export function useRoute53() {
  let there: Route53 | undefined;
  let worker: { router(): TrafficRouter } | undefined;
  const route53 = (): Route53 => {
    if (there === undefined) throw new Error('not started');
    return there;
  };
  beforeAll(async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATEST');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', KEY);
    there = await startRoute53();
    worker = there.worker({ testers: { host: 'Y.example.com' } });
  }, 120_000);
  afterEach(() => there?.meddler.behave());
  afterAll(() => there?.stop());

  const router = (): TrafficRouter => {
    if (worker === undefined) throw new Error('not started');
    return worker.router();
  };
  const current = () => router().current();
  const set = (weight: number, epoch: number, expected?: number, by = mine) =>
    router().set({ upgrade: by, weight, epoch, ...(expected === undefined ? {} : { expected }) });
  return {
    ...{ route53, router, current, set },
    /** Everything on X, by a newer epoch than any before. */
    async begin(): Promise<number> {
      const epoch = (await current()).epoch + 1;
      await set(0, epoch);
      return epoch;
    },
    byHand: (weight: number) =>
      route53().change(['UPSERT', weighted(RECORD, 'x', 100 - weight)], ['UPSERT', weighted(RECORD, 'y', weight)]),
  };
}
