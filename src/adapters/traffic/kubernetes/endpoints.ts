import { z } from 'zod';
import type { Verification } from '../../../domain/traffic/state.ts';
import type { KubernetesObject, ObjectRef, Objects } from './objects.ts';

const endpoints = z
  .array(
    z.object({
      addresses: z.array(z.string()),
      conditions: z.object({ ready: z.boolean().nullish() }).nullish(),
    }),
  )
  .nullish();
const podStatus = z.object({ podIP: z.string().nullish() }).nullish();

/**
 * Whether the addresses behind a Service are those of the pods with these labels, one of them ready at least. They follow the selector a
 * moment later, written by Kubernetes' controller; without one, the Service is believed.
 */
export async function readyAddresses(
  objects: Objects,
  { namespace, name }: ObjectRef,
  labels: Readonly<Record<string, string>>,
): Promise<Verification> {
  const slices = await objects.list(
    { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', namespace },
    { 'kubernetes.io/service-name': name },
  );
  if (slices.length === 0) return { agrees: true, what: `no controller reports the addresses of ${name}` };
  const pods = await objects.list({ apiVersion: 'v1', kind: 'Pod', namespace }, labels);
  const own = new Set(pods.map(({ status }) => podStatus.parse(status)?.podIP));
  // What is unknown counts as ready, as Kubernetes has it.
  const ready = slices.flatMap(addressesOf).filter(({ conditions }) => conditions?.ready !== false);
  const [mine, others] = [
    ready.filter(({ address }) => own.has(address)),
    ready.filter(({ address }) => !own.has(address)),
  ];
  return {
    agrees: mine.length > 0 && others.length === 0,
    what: `${mine.length} of ${pods.length} pods ready behind ${name}${others.length === 0 ? '' : `, and ${others.length} of others`}`,
  };
}

const addressesOf = (slice: KubernetesObject) =>
  (endpoints.parse(slice.endpoints) ?? []).flatMap(({ addresses, conditions }) =>
    addresses.map((address) => ({ address, conditions })),
  );
