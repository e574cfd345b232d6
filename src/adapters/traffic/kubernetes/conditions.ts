import { z } from 'zod';
import type { Verification } from '../../../domain/traffic/state.ts';
import type { KubernetesObject, ObjectRef } from './objects.ts';

const condition = z.object({
  type: z.string(),
  status: z.string(),
  observedGeneration: z.number().optional(),
  reason: z.string().default(''),
  message: z.string().default(''),
});
const parent = z.object({
  parentRef: z.object({ name: z.string() }),
  conditions: z.array(condition).default([]),
});
const routeStatus = z.object({ parents: z.array(parent).default([]) }).catch({ parents: [] });

/**
 * What a controller says of a route that it has taken over as it is now. Where Y has no share, its Service may be gone: controllers split
 * all the same, and give the others what is theirs (tried with Traefik).
 */
const wanted = (weight: number) => (weight === 0 ? ['Accepted'] : ['Accepted', 'ResolvedRefs']);

/** Whether the controllers of the routes have taken them over. Without any controller the routes are believed. */
export function acceptedBy(
  refs: readonly ObjectRef[],
  found: readonly KubernetesObject[],
  weight: number,
): Verification {
  const seen = refs.flatMap(({ name }, index) => {
    const object = found[index];
    return object === undefined ? [] : parentsOf(name, object, wanted(weight));
  });
  const missing = seen.filter(({ missing: what }) => what !== undefined);
  if (missing.length > 0) return { agrees: false, what: missing.map(({ missing: what }) => what).join('; ') };
  const silent = seen.filter(({ reports }) => !reports).map(({ route }) => route);
  if (silent.length > 0) return { agrees: true, what: `no controller reports on ${silent.join(', ')}` };
  return { agrees: true, what: `taken over by ${[...new Set(seen.map(({ gateway }) => gateway))].join(', ')}` };
}

interface Seen {
  readonly route: string;
  readonly gateway: string;
  readonly reports: boolean;
  readonly missing?: string;
}

function parentsOf(route: string, { metadata, status }: KubernetesObject, types: readonly string[]): Seen[] {
  const reporting = routeStatus.parse(status).parents.filter(({ conditions }) => conditions.length > 0);
  if (reporting.length === 0) return [{ route, gateway: '', reports: false }];
  return reporting.map(({ parentRef, conditions }) => {
    const missing = types.flatMap((type) => whyNot(type, conditions, metadata.generation ?? 0));
    const what = `${parentRef.name} does not go by ${route}: ${missing.join(', ')}`;
    return { route, gateway: parentRef.name, reports: true, ...(missing.length > 0 ? { missing: what } : {}) };
  });
}

function whyNot(type: string, conditions: readonly z.output<typeof condition>[], generation: number): string[] {
  const said = conditions.find((one) => one.type === type);
  if (said === undefined) return [`nothing on ${type}`];
  // A controller that does not say of which generation it speaks is believed.
  const { observedGeneration = generation } = said;
  if (observedGeneration < generation) return [`${type} of generation ${observedGeneration}, it is at ${generation}`];
  return said.status === 'True' ? [] : [`${type} is ${said.status} (${said.reason}: ${said.message.slice(0, 200)})`];
}
