import { z } from 'zod';
import { duration, durationFrom } from './common.ts';
import { ENTRIES } from './entry/index.ts';

const step = z.strictObject({
  /** Percent of the traffic that Y gets. */
  y: z.number().int().min(1).max(100),
  /** How long the share is watched before the step is judged. */
  bake: duration,
  /** A person must say yes before this step (gate `shift:<y>`). */
  approve: z.boolean().default(false),
});

/** How long the share may take to arrive, unless the plan says otherwise. */
export const DEFAULT_SETTLE = '60s';

/** How the traffic is moved, whatever it comes in through. */
const shift = {
  /** Rising, the last one 100. */
  steps: z.array(step).min(1),
  /** How long the share that really arrives may take to agree with a new weight: with DNS or sticky clients, as long as these lag. */
  settle: duration.prefault(DEFAULT_SETTLE),
  /** Points of percent by which the share that arrives may differ from the weight. */
  tolerance: z.number().min(1).max(50).default(1),
  /** How long a node may take to finish its requests before it is stopped. */
  drain: duration.prefault('30s'),
};

/** Several entry points, such as two pools of nginx and a DNS zone. */
const several = z.strictObject({
  via: z.literal('several'),
  entries: z.array(z.discriminatedUnion('via', ENTRIES)).min(2),
  /** Whether a step moves them all at once, or one after the other in the order of the list. */
  order: z.enum(['together', 'one-after-the-other']).default('together'),
  ...shift,
});

const [nginx, haproxy, route53, powerdns, rfc2136, gatewayApi, ingressNginx, kubernetesService, command] = ENTRIES;

export const traffic = z.discriminatedUnion('via', [
  nginx.extend(shift),
  haproxy.extend(shift),
  route53.extend(shift),
  powerdns.extend(shift),
  rfc2136.extend(shift),
  gatewayApi.extend(shift),
  ingressNginx.extend(shift),
  kubernetesService.extend(shift),
  command.extend(shift),
  several,
]);

const limit = (max: number, worse: number) =>
  z
    .strictObject({
      /** Fails above this on Y alone. */
      max: z.number().min(0).default(max),
      /** Fails when Y is this much above X in the same time. */
      worse: z.number().min(0).default(worse),
    })
    .prefault({});

export const verdict = z
  .strictObject({
    source: z.literal('kong').default('kong'),
    /** Time between two reads of the metrics. */
    every: durationFrom('100ms').prefault('10s'),
    /** Fewer requests than this on Y are not judged (inconclusive), unless most of them are clearly 5xx. */
    minRequests: z.number().int().min(1).default(200),
    /** So many reads in a row must fail before it is a failure. */
    failures: z.number().int().min(1).default(2),
    /** An inconclusive bake is extended by at most this; then the upgrade holds. */
    extend: duration.prefault('10m'),
    /** Share of answers with 5xx, 0 to 1. */
    errorRatio: limit(0.02, 0.005),
    /** Share of requests that matched no route, 0 to 1. */
    unmatchedRatio: limit(0.05, 0.01),
    /** 99th percentile of the request latency, in milliseconds. */
    latencyP99: z
      .strictObject({
        /** Fails above this on Y alone, in milliseconds. */
        max: z.number().min(0).default(5_000),
        /** Fails when Y is above X times this factor... */
        factor: z.number().min(1).default(1.5),
        /** ...and at least this many milliseconds above X. */
        plus: z.number().min(0).default(50),
      })
      .prefault({}),
  })
  .prefault({});

export type TrafficPlan = z.output<typeof traffic>;
export type TrafficStep = z.output<typeof step>;
export type VerdictPlan = z.output<typeof verdict>;
