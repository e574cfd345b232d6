import { isDeepStrictEqual } from 'node:util';
import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import { MADE_BY } from './names.ts';
import { describeRef, type KubernetesObject, type ObjectRef, type Objects } from './objects.ts';
import { isSide, rulesOf, servedRules, toService, type RouteRule } from './route-rules.ts';
import type { TestersObjects } from './router.ts';

type Entry = EntryVia<'gateway-api'>;
type Testers = NonNullable<Entry['testers']>;

/** Kinds whose rules can tell requests apart by a header. */
const BY_HEADER = ['HTTPRoute', 'GRPCRoute'];

const testersOf = (ref: ObjectRef): ObjectRef => ({ ...ref, name: `${ref.name}-crossfade-testers` });
const isOurs = ({ metadata }: KubernetesObject): boolean =>
  Object.entries(MADE_BY).every(([name, value]) => metadata.labels[name] === value);

/**
 * The way of testers is a route of its own beside each one: the same parents, host names and matches, and the header on top, which wins
 * since it is the narrower match. It leads to Y alone.
 */
export function testersRoutes(
  entry: Entry,
  testers: Testers,
  routes: (objects: Objects) => Promise<readonly ObjectRef[]>,
): TestersObjects {
  async function wanted(objects: Objects, found: readonly KubernetesObject[]) {
    const all = (await routes(objects)).flatMap((ref, index) => {
      const object = found[index];
      if (object === undefined || !BY_HEADER.includes(ref.kind)) return [];
      return [{ ref: testersOf(ref), spec: testersSpec(ref, object, entry, testers) }];
    });
    if (all.length > 0) return all;
    throw new CrossfadeError(
      'WeightImpossible',
      `Testers can't be told apart by a header: no route of the plan is a HTTPRoute.`,
    );
  }
  return {
    async areOpen(objects, found) {
      for (const { ref, spec } of await wanted(objects, found)) {
        const there = await objects.find(ref);
        if (there === undefined || !isOurs(there) || !leadsAlike(ref, there.spec, spec)) return false;
      }
      return true;
    },
    async check(objects, found) {
      for (const { ref } of await wanted(objects, found)) checkOurs(ref, await objects.find(ref));
    },
    async move(objects, found, open) {
      for (const { ref, spec } of await wanted(objects, found)) {
        const there = await objects.find(ref);
        if (open) {
          checkOurs(ref, there);
          await objects.apply(ref, { labels: MADE_BY, spec }, { force: true });
        } else if (there !== undefined && isOurs(there)) await objects.remove(ref, there);
      }
    },
  };
}

function checkOurs(ref: ObjectRef, there: KubernetesObject | undefined): void {
  if (there === undefined || isOurs(there)) return;
  throw new CrossfadeError('BalancerNotPrepared', `${describeRef(ref)} is somebody else's: Crossfade needs its name.`);
}

interface TestersSpec {
  readonly parentRefs?: unknown;
  readonly hostnames?: unknown;
  readonly rules: readonly RouteRule[];
}

function testersSpec(ref: ObjectRef, { spec }: KubernetesObject, entry: Entry, testers: Testers): TestersSpec {
  const { parentRefs, hostnames } = spec as Readonly<Record<string, unknown>>;
  const header = { type: 'Exact', name: testers.header, value: testers.value };
  const rules = servedRules(rulesOf(spec, describeRef(ref)), entry).map(
    ({ name: _, matches, backendRefs, ...rule }) => {
      const asked =
        Array.isArray(matches) && matches.length > 0 ? (matches as { headers?: readonly unknown[] }[]) : [{}];
      const like = backendRefs?.find((backend) => isSide(backend, entry));
      return {
        ...rule,
        matches: asked.map((match) => ({ ...match, headers: [...(match.headers ?? []), header] })),
        backendRefs: like === undefined ? [] : [{ ...toService(like, entry.y), weight: 1 }],
      };
    },
  );
  return { ...(parentRefs ? { parentRefs } : {}), ...(hostnames ? { hostnames } : {}), rules };
}

/** What the API adds by default does not count. */
function leadsAlike(ref: ObjectRef, there: unknown, wanted: TestersSpec): boolean {
  const essence = (rules: readonly RouteRule[]) =>
    rules.map(({ matches, backendRefs }) => ({
      headers: (matches as { headers?: unknown }[] | undefined)?.map(({ headers }) => headers),
      backends: (backendRefs ?? []).map(({ name, port }) => ({ name, port })),
    }));
  return isDeepStrictEqual(essence(rulesOf(there, describeRef(ref))), essence(wanted.rules));
}
