import type { Json } from '../../schema/fields.ts';
import { atLeast, type KongVersion } from '../../schema/versions.ts';
import type { Counters } from './counters.ts';
import type { Exchange, Plugin, Reply } from './plugin.ts';
import { PERIODS, periodStart, secondsLeft, type Period } from './periods.ts';

interface Limit {
  readonly period: Period;
  readonly limit: number;
}

const title = (period: string): string => period.charAt(0).toUpperCase() + period.slice(1);

/** Kong counts by consumer, or by client address for a request without one. */
function identifier(exchange: Exchange, by: unknown, header: unknown): string {
  if (by === 'service') return exchange.service?.id ?? exchange.clientIp;
  if (by === 'header') return String(exchange.request.headers[String(header).toLowerCase()] ?? exchange.clientIp);
  if (by === 'ip') return exchange.clientIp;
  return exchange.consumer?.id ?? exchange.credentialId ?? exchange.clientIp;
}

interface Usage extends Limit {
  readonly used: number;
}

function headersOf(usages: readonly Usage[], now: number): Record<string, string> {
  const headers: Record<string, string> = {};
  let tightest: { limit: number; remaining: number; reset: number } | undefined;
  for (const { period, limit, used } of usages) {
    const remaining = Math.max(0, limit - used - 1);
    headers[`X-RateLimit-Limit-${title(period)}`] = String(limit);
    headers[`X-RateLimit-Remaining-${title(period)}`] = String(remaining);
    if (tightest === undefined || remaining < tightest.remaining) {
      tightest = { limit, remaining, reset: Math.max(1, secondsLeft(period, now)) };
    }
  }
  if (tightest !== undefined) {
    headers['RateLimit-Limit'] = String(tightest.limit);
    headers['RateLimit-Remaining'] = String(tightest.remaining);
    headers['RateLimit-Reset'] = String(tightest.reset);
  }
  return headers;
}

/** The policy redis never reaches a Redis here; with no host to reach it fails as Kong does. */
function redisPolicy(version: KongVersion, host: unknown, exchange: Exchange): undefined {
  const lua = '.../kong/plugins/rate-limiting/policies/init.lua';
  if (typeof host !== 'string') throw new Error(`${lua}: bad argument #1 host: string expected, got nil`);
  exchange.log('error', `[kong] init.lua [rate-limiting] failed to connect to Redis: connection refused`);
  exchange.log('error', `[kong] handler.lua [rate-limiting] failed to get usage: connection refused`);
  return undefined;
}

/** Limits requests per period; `counters` are the node's own or, with policy cluster, the database's. */
export function rateLimiting(version: KongVersion, priority: number, config: Json, counters: Counters): Plugin {
  const limits: Limit[] = PERIODS.filter((period) => typeof config[period] === 'number').map((period) => ({
    period,
    limit: config[period] as number,
  }));
  const redis = atLeast(version, '3.6.1') ? (config['redis'] as Json)['host'] : config['redis_host'];

  const decide = (exchange: Exchange, id: string, usages: readonly Usage[], now: number): Reply | undefined => {
    const headers = config['hide_client_headers'] === true ? {} : headersOf(usages, now);
    Object.assign(exchange.responseHeaders, headers);
    const over = usages.some(({ used, limit }) => used >= limit);
    if (over) {
      const reset = headers['RateLimit-Reset'] === undefined ? {} : { 'Retry-After': headers['RateLimit-Reset'] };
      return { status: config['error_code'] as number, message: config['error_message'] as string, headers: reset };
    }
    for (const { period } of usages) counters.add(counterOf(exchange, id, period, now));
    return undefined;
  };
  const counterOf = (exchange: Exchange, id: string, period: Period, now: number): Parameters<Counters['add']>[0] => ({
    identifier: id,
    period,
    start: periodStart(period, now),
    routeId: exchange.route.id,
    serviceId: exchange.service?.id,
  });

  return {
    name: 'rate-limiting',
    priority,
    async access(exchange) {
      if (config['policy'] === 'redis') return redisPolicy(version, redis, exchange);
      const now = Date.now();
      const id = identifier(exchange, config['limit_by'], config['header_name']);
      try {
        const values = await Promise.all(
          limits.map(async ({ period }) => counters.get(counterOf(exchange, id, period, now))),
        );
        return decide(
          exchange,
          id,
          limits.map((limit, i) => ({ ...limit, used: values[i] ?? 0 })),
          now,
        );
      } catch (error) {
        exchange.log(
          'error',
          `[kong] handler.lua [rate-limiting] failed to get usage: [postgres] ${(error as Error).message}`,
        );
        if (config['fault_tolerant'] === true) return undefined;
        throw error;
      }
    },
  };
}
