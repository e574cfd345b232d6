import type { ServerResponse } from 'node:http';
import type { Exchange } from './plugins/plugin.ts';
import type { Measured } from './snapshot.ts';

export const KONG_BUCKETS_OLD = [1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1000];
export const KONG_BUCKETS = [5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1000, 3000, 6000];
export const UPSTREAM_BUCKETS = [25, 50, 80, 100, 250, 400, 700, 1000, 2000, 5000, 10_000, 30_000, 60_000];

/** A histogram of milliseconds; the last count is for what is above all bounds. */
export class Histogram {
  readonly bounds: readonly number[];
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  add(value: number): void {
    let i = 0;
    while (i < this.bounds.length && value > (this.bounds[i] as number)) i++;
    this.counts[i] = (this.counts[i] ?? 0) + 1;
    this.sum += value;
  }
}

/** Series by their labels: names of service and route first. */
export interface Series {
  readonly requests: Map<string, number>;
  readonly bandwidth: Map<string, number>;
  readonly latency: Map<string, { kong: Histogram; upstream: Histogram; request: Histogram }>;
}

/** Hears how long a request was in Kong, and how long the upstream took to answer, in milliseconds. */
export interface Meter {
  answered(kongMs: number, upstreamMs: number): void;
}

/** What the prometheus plugin has seen; it outlives a reload, not a restart. */
export class Traffic implements Series {
  readonly requests = new Map<string, number>();
  readonly bandwidth = new Map<string, number>();
  readonly latency = new Map<string, { kong: Histogram; upstream: Histogram; request: Histogram }>();
  readonly #kongBuckets: readonly number[];
  readonly #workspace: string;

  /** `workspace` is the label, with its comma, that releases since 3.7 have. */
  constructor(kongBuckets: readonly number[], workspace: string) {
    this.#kongBuckets = kongBuckets;
    this.#workspace = workspace;
  }

  /** Measures one request of a matched route until its answer is out. */
  meter(measured: Measured | undefined, x: Exchange, response: ServerResponse): Meter {
    let upstreamMs: number | undefined;
    let kongMs: number | undefined;
    if (measured !== undefined) {
      const started = performance.now();
      const { bytesWritten } = x.request.socket;
      response.once('close', () => {
        const totalMs = Math.round(performance.now() - started);
        const sent = x.request.socket.bytesWritten - bytesWritten;
        this.#record(measured, x, response, { total: totalMs, kong: kongMs ?? totalMs, upstream: upstreamMs }, sent);
      });
    }
    return {
      answered: (kong, upstream) => {
        kongMs = kong;
        upstreamMs = upstream;
      },
    };
  }

  #record(
    measured: Measured,
    x: Exchange,
    response: ServerResponse,
    ms: { readonly total: number; readonly kong: number; readonly upstream: number | undefined },
    sent: number,
  ): void {
    const base = `service="${x.service?.name ?? x.service?.id ?? ''}",route="${x.route.name ?? x.route.id}"`;
    const consumer = measured.perConsumer ? (x.consumer?.username ?? '') : '';
    if (measured.status) {
      const source = ms.upstream === undefined ? 'kong' : 'service';
      const labels = `${base},code="${response.headersSent ? response.statusCode : 499}",source="${source}"`;
      add(this.requests, `${labels},${this.#workspace}consumer="${consumer}"`, 1);
    }
    if (measured.bandwidth) {
      const tail = `${this.#workspace}consumer="${consumer}"`;
      add(this.bandwidth, `${base},direction="egress",${tail}`, sent);
      add(this.bandwidth, `${base},direction="ingress",${tail}`, requestSize(x));
    }
    if (measured.latency) {
      const series = this.#latencyOf(this.#workspace === '' ? base : `${base},${this.#workspace.slice(0, -1)}`);
      series.request.add(ms.total);
      series.kong.add(ms.kong);
      if (ms.upstream !== undefined) series.upstream.add(ms.upstream);
    }
  }

  #latencyOf(labels: string): { kong: Histogram; upstream: Histogram; request: Histogram } {
    let series = this.latency.get(labels);
    if (series === undefined) {
      const [kong, upstream] = [new Histogram(this.#kongBuckets), new Histogram(UPSTREAM_BUCKETS)];
      series = { kong, upstream, request: new Histogram(UPSTREAM_BUCKETS) };
      this.latency.set(labels, series);
    }
    return series;
  }
}

function add(series: Map<string, number>, labels: string, value: number): void {
  series.set(labels, (series.get(labels) ?? 0) + value);
}

function requestSize({ request }: Exchange): number {
  let size = (request.method?.length ?? 0) + (request.url?.length ?? 0) + 14;
  for (const part of request.rawHeaders) size += part.length + 2;
  return size + Number(request.headers['content-length'] ?? 0);
}
