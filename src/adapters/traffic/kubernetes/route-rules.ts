import { z } from 'zod';
import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';

type Backends = Pick<EntryVia<'gateway-api'>, 'x' | 'y' | 'namespace'>;
type Backend = Backends['x'];

const backendRef = z.looseObject({
  group: z.string().default(''),
  kind: z.string().default('Service'),
  name: z.string(),
  namespace: z.string().optional(),
  port: z.number().optional(),
  weight: z.number().default(1),
});
const rule = z.looseObject({ backendRefs: z.array(backendRef).optional() });
const routeSpec = z.looseObject({ rules: z.array(rule).default([]) });
type BackendRef = z.output<typeof backendRef>;
export type RouteRule = z.output<typeof rule>;

/** The rules of a route that X or Y serve, and what is wrong with them. */
export interface RouteShare {
  /** Percent on Y in each rule that has X or Y. */
  readonly weights: readonly number[];
  /** Why no share can be made of a rule, for people. */
  readonly faults: readonly string[];
}

/** Rules, as they are in a route. */
export const rulesOf = (spec: unknown, route: string): readonly RouteRule[] => {
  const { success, data } = routeSpec.safeParse(spec);
  if (success) return data.rules;
  throw new CrossfadeError('BalancerNonsense', `${route} has rules that are none.`);
};

/** The rules that X or Y serve. */
export const servedRules = (rules: readonly RouteRule[], backends: Backends): readonly RouteRule[] =>
  rules.filter(({ backendRefs }) => backendRefs?.some((ref) => isSide(ref, backends)));

export function shareOf(rules: readonly RouteRule[], backends: Backends): RouteShare {
  const served = servedRules(rules, backends);
  const faults = served.flatMap(({ backendRefs = [] }) => faultsOf(backendRefs, backends));
  const weights = served.map(({ backendRefs = [] }) => {
    const [x, y] = [weightIn(backendRefs, backends.x, backends), weightIn(backendRefs, backends.y, backends)];
    return (100 * y) / (x + y);
  });
  return { weights, faults };
}

/** The same rules with this share of Y wherever X or Y serve. Everything else in them stays. */
export const withShare = (rules: readonly RouteRule[], backends: Backends, weight: number): RouteRule[] =>
  rules.map((one) => {
    const { backendRefs = [] } = one;
    const like = backendRefs.find((ref) => isSide(ref, backends));
    if (like === undefined) return one;
    const side = (backend: Backend, share: number): BackendRef => ({
      ...(backendRefs.find((ref) => isBackend(ref, backend, backends)) ?? toService(like, backend)),
      weight: share,
    });
    const others = backendRefs.filter((ref) => !isSide(ref, backends));
    return { ...one, backendRefs: [side(backends.x, 100 - weight), side(backends.y, weight), ...others] };
  });

/** A backend like another one, with its filters. */
export const toService = (like: BackendRef, { service, port }: Backend): BackendRef => ({
  ...like,
  name: service,
  port,
});

export const isSide = (ref: BackendRef, backends: Backends): boolean =>
  isBackend(ref, backends.x, backends) || isBackend(ref, backends.y, backends);

function isBackend(ref: BackendRef, { service, port }: Backend, { namespace }: Backends): boolean {
  const inPlace = ref.namespace === undefined || ref.namespace === namespace;
  return ref.group === '' && ref.kind === 'Service' && inPlace && ref.name === service && ref.port === port;
}

const weightIn = (refs: readonly BackendRef[], backend: Backend, backends: Backends): number =>
  refs.filter((ref) => isBackend(ref, backend, backends)).reduce((sum, { weight }) => sum + weight, 0);

function faultsOf(refs: readonly BackendRef[], backends: Backends): string[] {
  const others = refs.filter((ref) => !isSide(ref, backends) && ref.weight > 0);
  const twice = [backends.x, backends.y].filter(
    (backend) => refs.filter((ref) => isBackend(ref, backend, backends)).length > 1,
  );
  return [
    ...others.map(({ name }) => `a rule gives ${name} a share besides X and Y`),
    ...twice.map(({ service, port }) => `a rule has ${service}:${port} twice`),
  ];
}
