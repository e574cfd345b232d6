import { z } from 'zod';
import { absolutePath } from '../common.ts';
import { named, oneHost, testersByHeader } from './common.ts';

const kubernetesName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'expected the name of an object in Kubernetes');

/** What every kind of Kubernetes has. */
const cluster = {
  ...named,
  host: oneHost,
  /** Without it: what `kubectl` would use, or the service account of the worker's pod. */
  kubeconfig: absolutePath.optional(),
  context: z.string().min(1).optional(),
  namespace: kubernetesName.default('default'),
  /**
   * Field managers from which the fields that carry the weights may be taken, besides those of people's own tools (kubectl, Helm). A program
   * that keeps objects as they stand elsewhere, such as Argo CD, has to be told first to leave these fields alone.
   */
  takeFrom: z.array(z.string().min(1)).default([]),
};

const backend = z.strictObject({ service: kubernetesName, port: z.number().int().min(1).max(65_535) });

/** Weights of the backends of routes of the Gateway API. */
export const gatewayApi = z.strictObject({
  via: z.literal('gateway-api'),
  ...cluster,
  /** Every rule of these that has X or Y as a backend gets both, with their weights. */
  routes: z
    .array(
      z.strictObject({
        kind: z.enum(['HTTPRoute', 'GRPCRoute', 'TCPRoute']).default('HTTPRoute'),
        name: kubernetesName,
      }),
    )
    .min(1),
  x: backend,
  y: backend,
  testers: testersByHeader.optional(),
});

/** The canary annotations of ingress-nginx. `ingress` is the canary's Ingress, whose backend is Y; X's own stays as it is. */
export const ingressNginx = z.strictObject({
  via: z.literal('ingress-nginx'),
  ...cluster,
  ingress: kubernetesName,
  testers: testersByHeader.optional(),
});

const selector = z
  .record(z.string().min(1), z.string())
  .refine((labels) => Object.keys(labels).length > 0, 'expected at least one label');

/** The selector of one Service, for those who have no splitting: all or nothing. */
export const kubernetesService = z.strictObject({
  via: z.literal('kubernetes-service'),
  ...cluster,
  service: kubernetesName,
  /** The labels of the pods of each side. */
  x: selector,
  y: selector,
});
