import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Secrets } from '../adapters/secrets.ts';
import type { Settings } from './settings.ts';

/** One JSON object per line on stderr, without secrets; metrics for Prometheus where asked for. */
export function installRuntime({ logLevel, metricsAddress }: Settings, secrets: Secrets): void {
  const logger = new DefaultLogger(logLevel, ({ level, timestampNanos, message, meta }) => {
    const at = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
    const line = JSON.stringify({ at, level, message, ...meta }, plainErrors);
    process.stderr.write(`${secrets.redact(line)}\n`);
  });
  const telemetryOptions =
    metricsAddress === undefined ? {} : { metrics: { prometheus: { bindAddress: metricsAddress } } };
  // Crossfade shuts its workers down itself, so that both queues drain before the connection closes.
  Runtime.install({ logger, telemetryOptions, shutdownSignals: [] });
}

function plainErrors(_key: string, value: unknown): unknown {
  if (value instanceof Error) return { name: value.name, message: value.message };
  return typeof value === 'bigint' ? String(value) : value;
}
