import { join } from 'node:path';
import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  Route53Client,
  type ResourceRecordSet,
} from '@aws-sdk/client-route-53';
import { startMoto } from '../../sandbox/servers/moto.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import { createTrafficRouter } from '../../src/adapters/traffic/index.ts';
import type { Entry } from '../../src/domain/plan/index.ts';
import { byDriver, WEIGHTS } from '../shift/arms.ts';
import { cycle, rollBackFrom, type Measured } from './rollback.ts';

const NAME = 'api.example.org';
const X = ['192.0.2.1', '192.0.2.2'];
const Y = ['198.51.100.1', '198.51.100.2'];
const TTL = 30;

/** Route 53 as moto plays it: its API, which has every change in force at once, and no server that answers. */
export async function measureRoute53(dir: string, count: number): Promise<Measured> {
  // The driver has the worker's own credentials; moto takes any.
  process.env['AWS_ACCESS_KEY_ID'] ??= 'bench';
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'bench';
  const moto = await startMoto({ dir: join(dir, 'moto') });
  const region = 'us-east-1';
  const client = new Route53Client({ endpoint: moto.endpoint, region });
  try {
    const made = await client.send(new CreateHostedZoneCommand({ Name: 'example.org', CallerReference: 'bench' }));
    const zone = made.HostedZone?.Id?.replace('/hostedzone/', '') ?? '';
    const Changes = [weighted('x', X, 100), weighted('y', Y, 0)].map((ResourceRecordSet) => ({
      Action: 'CREATE' as const,
      ResourceRecordSet,
    }));
    await client.send(new ChangeResourceRecordSetsCommand({ HostedZoneId: zone, ChangeBatch: { Changes } }));
    const entry: Entry = {
      ...{ via: 'route53', zone, record: NAME, type: 'A', x: X, y: Y, ttl: TTL, resolvers: [] },
      ...{ region, endpoint: moto.endpoint },
    };
    const create = createTrafficRouter({ secrets: createSecrets({}) });
    const router = create({ name: 'dns', entry, weights: WEIGHTS, nodes: { x: [], y: [] } });
    const rollbacks = await rollBackFrom(byDriver(router), cycle(WEIGHTS, count), { before: 0, after: 0 });
    return { name: 'Route 53 (moto)', rollbacks };
  } finally {
    client.destroy();
    await moto.stop();
  }
}

const weighted = (side: 'x' | 'y', addresses: readonly string[], weight: number): ResourceRecordSet => ({
  ...{ Name: `${NAME}.`, Type: 'A', SetIdentifier: `crossfade-${side}`, Weight: weight, TTL },
  ResourceRecords: addresses.map((Value) => ({ Value })),
});
