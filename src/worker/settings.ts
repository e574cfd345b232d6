import { hostname } from 'node:os';
import { z } from 'zod';

const settingsSchema = z.object({
  /** The name of this host in plans; its queue is `crossfade@<host>`. */
  CROSSFADE_HOST: z.string().min(1).default(hostname()),
  /** Address for Prometheus, e.g. `0.0.0.0:9464`; none by default. */
  CROSSFADE_METRICS: z
    .string()
    .regex(/^[^:]+:\d+$/, 'expected HOST:PORT')
    .optional(),
  CROSSFADE_LOG_LEVEL: z.enum(['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR']).default('INFO'),
  /** With it, a worker takes part in Worker Versioning under this build id; see the runbook before turning it on. */
  CROSSFADE_BUILD_ID: z.string().min(1).optional(),
});

export interface Settings {
  readonly host: string;
  readonly metricsAddress?: string;
  readonly logLevel: z.output<typeof settingsSchema>['CROSSFADE_LOG_LEVEL'];
  readonly buildId?: string;
}

/** Settings from environment variables; every fault at once. The connection to Temporal has its own (`TEMPORAL_*`). */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const parsed = settingsSchema.safeParse(environment);
  if (!parsed.success) throw new Error(`The worker's settings have faults:\n${z.prettifyError(parsed.error)}`);
  const { CROSSFADE_HOST, CROSSFADE_METRICS, CROSSFADE_LOG_LEVEL, CROSSFADE_BUILD_ID } = parsed.data;
  return {
    host: CROSSFADE_HOST,
    logLevel: CROSSFADE_LOG_LEVEL,
    ...(CROSSFADE_METRICS === undefined ? {} : { metricsAddress: CROSSFADE_METRICS }),
    ...(CROSSFADE_BUILD_ID === undefined ? {} : { buildId: CROSSFADE_BUILD_ID }),
  };
}
