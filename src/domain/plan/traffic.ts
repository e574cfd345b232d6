import { z } from 'zod';
import { absolutePath, duration, durationFrom, simpleName } from './common.ts';

const step = z.strictObject({
  /** Percent of the traffic that Y gets. */
  y: z.number().int().min(1).max(100),
  /** How long the share is watched before the step is judged. */
  bake: duration,
  /** A person must say yes before this step (gate `shift:<y>`). */
  approve: z.boolean().default(false),
});

export const traffic = z.strictObject({
  via: z.literal('nginx'),
  /** The balancer's host: the task queue `crossfade@<host>` changes it. */
  host: simpleName,
  /** Directory that nginx reads per request: `state/current` is the split in force. Crossfade owns it. */
  directory: absolutePath,
  /** Rising, the last one 100. */
  steps: z.array(step).min(1),
  /** How long the share that really arrives may take to agree with a new weight. */
  settle: duration.prefault('60s'),
  /** How long a node may take to finish its requests before it is stopped. */
  drain: duration.prefault('30s'),
});

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
