import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import type { TrafficRouter } from '../port.ts';
import type { Carrier, Share } from './carrier.ts';
import { acceptedBy } from './conditions.ts';
import { describeRef, type KubernetesObject, type ObjectRef, type Objects } from './objects.ts';
import { rulesOf, shareOf, withShare } from './route-rules.ts';
import { createObjectRouter } from './router.ts';
import { testersRoutes } from './testers-route.ts';

type Entry = EntryVia<'gateway-api'>;

const GROUP = 'gateway.networking.k8s.io';
/** In which versions there is a kind, the newest first. TCPRoute came into the standard channel with version 1.6. */
const VERSIONS = {
  HTTPRoute: [`${GROUP}/v1`],
  GRPCRoute: [`${GROUP}/v1`],
  TCPRoute: [`${GROUP}/v1`, `${GROUP}/v1alpha2`],
} as const;

/** Weights of the backends of routes. */
export function createGatewayApiRouter(entry: Entry): TrafficRouter {
  const routes = (objects: Objects) => findRoutes(objects, entry);
  return createObjectRouter(entry, {
    driver: 'gateway-api',
    takeFrom: entry.takeFrom,
    carriers: async (objects) => (await routes(objects)).map((ref) => routeCarrier(ref, entry)),
    check: async (objects, found) => {
      const all = await routes(objects);
      found.forEach((object, index) => checkRoute(all[index], object, entry));
    },
    inForce: async (objects, found, weight) => acceptedBy(await routes(objects), found, weight),
    ...(entry.testers === undefined ? {} : { testers: testersRoutes(entry, entry.testers, routes) }),
  });
}

async function findRoutes(objects: Objects, { routes, namespace }: Entry): Promise<readonly ObjectRef[]> {
  const found: ObjectRef[] = [];
  for (const { kind, name } of routes)
    found.push({ apiVersion: await objects.version(kind, VERSIONS[kind]), kind, namespace, name });
  return found;
}

const routeCarrier = (ref: ObjectRef, entry: Entry): Carrier => ({
  ref,
  owned: [['spec', 'rules']],
  share: (object) => readShare(ref, object, entry),
  // The list of rules is atomic: who applies one weight applies all rules.
  fields: ({ spec }, { weight }) => ({
    spec: { rules: withShare(rulesOf(spec, describeRef(ref)), entry, weight) },
  }),
});

/** Rules that differ tell the odd one: the largest, since where X has everything all are 0. */
function readShare(ref: ObjectRef, { spec }: KubernetesObject, entry: Entry): Share {
  const { weights, faults } = shareOf(rulesOf(spec, describeRef(ref)), entry);
  const wrong = [
    ...faults,
    ...(weights.length === 0 ? [`no rule has ${entry.x.service} or ${entry.y.service}`] : []),
    ...(weights.some(Number.isNaN) ? ['a rule gives neither X nor Y anything'] : []),
    ...(new Set(weights).size > 1 ? [`its rules give Y ${weights.join(' %, ')} %`] : []),
  ];
  if (wrong.length > 0)
    throw new CrossfadeError('ForeignChange', `${describeRef(ref)} has no share of Y: ${wrong.join('; ')}.`);
  return { weight: weights[0] ?? 0 };
}

/** What was so before the upgrade is not a change, but a thing to prepare. */
function checkRoute(ref: ObjectRef | undefined, object: KubernetesObject, entry: Entry): void {
  if (ref === undefined) return;
  try {
    readShare(ref, object, entry);
  } catch (error) {
    throw new CrossfadeError('BalancerNotPrepared', (error as Error).message);
  }
}
