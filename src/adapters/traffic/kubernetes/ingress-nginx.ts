import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import type { Balancer } from '../../../domain/traffic/balancers.ts';
import type { TrafficRouter } from '../port.ts';
import type { Carrier, Share } from './carrier.ts';
import { describeRef, type KubernetesObject, type ObjectRef } from './objects.ts';
import { createObjectRouter } from './router.ts';

type Entry = EntryVia<'ingress-nginx'>;

const PREFIX = 'nginx.ingress.kubernetes.io';
const CANARY = `${PREFIX}/canary`;
const WEIGHT = `${PREFIX}/canary-weight`;
/** What the weight is a part of; 100 where it is not there. */
const TOTAL = `${PREFIX}/canary-weight-total`;
const HEADER = `${PREFIX}/canary-by-header`;
const VALUE = `${PREFIX}/canary-by-header-value`;

/** Annotations of the canary Ingress of ingress-nginx. Only these become Crossfade's; everything else of it stays whose it is. */
export function createIngressNginxRouter(entry: Entry, { weights }: Pick<Balancer, 'weights'>): TrafficRouter {
  const { namespace, ingress: name } = entry;
  const ref = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', namespace, name };
  return createObjectRouter(entry, {
    driver: 'ingress-nginx',
    takeFrom: entry.takeFrom,
    ownTesters: entry.testers !== undefined,
    carriers: async () => [ingressCarrier(ref, entry)],
    check: (_, found) => found.forEach((object) => checkIngress(ref, object, weights)),
    inForce: () => ({ agrees: true, what: 'ingress-nginx does not report what it has taken over' }),
  });
}

function ingressCarrier(ref: ObjectRef, { testers }: Entry): Carrier {
  const way: Readonly<Record<string, string>> =
    testers === undefined ? {} : { [HEADER]: testers.header, [VALUE]: testers.value };
  const isOpen = ({ metadata }: KubernetesObject) =>
    Object.entries(way).every(([name, value]) => metadata.annotations[name] === value);
  return {
    ref,
    owned: [WEIGHT, ...Object.keys(way)].map((name) => ['metadata', 'annotations', name]),
    share: (object): Share => ({
      weight: weightOf(ref, object),
      ...(testers === undefined ? {} : { testers: isOpen(object) }),
    }),
    fields: (object, share) => ({
      annotations: {
        [WEIGHT]: String((share.weight * totalOf(object)) / 100),
        ...(share.testers === true ? way : {}),
      },
    }),
  };
}

function totalOf({ metadata }: KubernetesObject): number {
  const total = Number(metadata.annotations[TOTAL] ?? '100');
  return Number.isInteger(total) && total > 0 ? total : 100;
}

function weightOf(ref: ObjectRef, object: KubernetesObject): number {
  const { annotations } = object.metadata;
  if (annotations[CANARY] !== 'true')
    throw new CrossfadeError('ForeignChange', `${describeRef(ref)} is no canary: it lacks the annotation ${CANARY}.`);
  const text = annotations[WEIGHT] ?? '0';
  const weight = (100 * Number(text)) / totalOf(object);
  if (/^\d+$/.test(text) && weight >= 0 && weight <= 100) return weight;
  throw new CrossfadeError('ForeignChange', `${describeRef(ref)} has the weight ${JSON.stringify(text)}.`);
}

/** Before an upgrade, what is missing is a thing to prepare. */
function checkIngress(ref: ObjectRef, object: KubernetesObject, weights: readonly number[]): void {
  const { annotations } = object.metadata;
  if (annotations[CANARY] !== 'true')
    throw new CrossfadeError(
      'BalancerNotPrepared',
      `${describeRef(ref)} is no canary: it lacks the annotation ${CANARY}: "true".`,
    );
  const total = totalOf(object);
  const impossible = weights.filter((weight) => (weight * total) % 100 !== 0);
  if (impossible.length > 0)
    throw new CrossfadeError(
      'WeightImpossible',
      `${describeRef(ref)} can't make ${impossible.join(', ')} %: its ${TOTAL} is ${total}.`,
    );
}
