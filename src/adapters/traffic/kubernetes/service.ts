import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import type { TrafficRouter, WeightChange } from '../port.ts';
import type { Carrier } from './carrier.ts';
import { readyAddresses } from './endpoints.ts';
import { describeRef, type KubernetesObject, type ObjectRef } from './objects.ts';
import { createObjectRouter } from './router.ts';

type Entry = EntryVia<'kubernetes-service'>;

const spec = z.object({ selector: z.record(z.string(), z.string()).default({}) });

/** The selector of one Service: all on X, or all on Y. */
export function createServiceRouter(entry: Entry): TrafficRouter {
  const { namespace, service: name } = entry;
  const ref = { apiVersion: 'v1', kind: 'Service', namespace, name };
  const router = createObjectRouter(entry, {
    driver: 'kubernetes-service',
    takeFrom: entry.takeFrom,
    weights: [0, 100],
    carriers: async () => [serviceCarrier(ref, entry)],
    check: (_, found) =>
      found.forEach((object) => {
        if (sideOf(object, entry) === undefined)
          throw new CrossfadeError('BalancerNotPrepared', neitherSide(ref, object));
      }),
    inForce: (objects, _, weight) => readyAddresses(objects, ref, weight === 100 ? entry.y : entry.x),
  });
  const set = async (change: WeightChange) => {
    if (change.weight === 0 || change.weight === 100) return router.set(change);
    throw new CrossfadeError(
      'WeightImpossible',
      `${describeRef(ref)} is switched by its selector: it can make 0 % and 100 %, not ${change.weight} %.`,
    );
  };
  return { ...router, set };
}

const serviceCarrier = (ref: ObjectRef, entry: Entry): Carrier => ({
  ref,
  owned: [['spec', 'selector']],
  share: (object) => {
    const side = sideOf(object, entry);
    if (side === undefined) throw new CrossfadeError('ForeignChange', neitherSide(ref, object));
    return { weight: side === 'y' ? 100 : 0 };
  },
  fields: (_, { weight }) => ({ spec: { selector: weight === 100 ? entry.y : entry.x } }),
});

const selectorOf = (object: KubernetesObject) => spec.parse(object.spec).selector;

const sideOf = (object: KubernetesObject, entry: Entry): 'x' | 'y' | undefined =>
  (['x', 'y'] as const).find((side) => isDeepStrictEqual({ ...selectorOf(object) }, { ...entry[side] }));

const neitherSide = (ref: ObjectRef, object: KubernetesObject): string =>
  `${describeRef(ref)} selects ${JSON.stringify(selectorOf(object))}, which is neither X nor Y as the plan has them.`;
