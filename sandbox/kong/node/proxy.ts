import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultWatch } from '../faults.ts';
import type { NodeLog } from './error-log.ts';
import type { Route, Service } from './model.ts';
import type { Exchange, Reply } from './plugins/plugin.ts';
import type { Meter, Traffic } from './traffic.ts';
import { answer, connectionHeader, newRequestId, type Signature } from './reply.ts';
import { upstreamPath, type Match } from './router.ts';
import type { PluginIndex, RoutePlan, Routing } from './snapshot.ts';
import { ask, relay, requestHeaders, responseHeaders, tunnel, UpstreamError, wantsWebSocket } from './upstream.ts';

/** What the proxy needs of its node; `routing` and `plugins` change while it works. */
export interface ProxyContext {
  readonly signature: Signature;
  readonly log: NodeLog;
  readonly traffic: Traffic;
  readonly faults: FaultWatch;
  routing(): Routing;
  plugins(): PluginIndex;
}

const NO_ROUTE: Reply = { status: 404, message: 'no Route matched with those values' };
const UNEXPECTED: Reply = { status: 500, message: 'An unexpected error occurred' };
const FAULT = { 'X-Standin-Fault': '1' };

const clientIp = (request: IncomingMessage): string => (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');

/** One request through one node. */
class Proxied implements Exchange {
  readonly upstreamHeaders: Record<string, string> = {};
  readonly hiddenHeaders = new Set<string>();
  readonly responseHeaders: Record<string, string> = {};
  consumer: Exchange['consumer'];
  credentialId: Exchange['credentialId'];
  readonly requestId = newRequestId();
  readonly clientIp: string;
  readonly started = performance.now();
  readonly path: string;
  readonly query: string;
  route!: Route;
  service: Service | undefined;
  readonly request: IncomingMessage;
  readonly #log: NodeLog;
  readonly #hasId: boolean;

  constructor(request: IncomingMessage, context: ProxyContext) {
    this.request = request;
    this.#log = context.log;
    this.#hasId = context.signature.hasRequestId;
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    this.path = mark < 0 ? url : url.slice(0, mark);
    this.query = mark < 0 ? '' : url.slice(mark + 1);
    this.clientIp = clientIp(request);
  }

  get elapsed(): number {
    return Math.round(performance.now() - this.started);
  }

  log(level: Parameters<Exchange['log']>[0], text: string): void {
    const { method, url, headers } = this.request;
    const about = `client: ${this.clientIp}, server: kong, request: "${method} ${url} HTTP/1.1", host: "${headers.host}"`;
    this.#log.error(level, `*1 ${text}, ${about}${this.#hasId ? `, request_id: "${this.requestId}"` : ''}`);
  }
}

async function runPlugins(x: Proxied, plan: RoutePlan): Promise<Reply | undefined> {
  for (const plugin of plan.plugins) {
    try {
      const reply = plugin.access(x);
      const given = reply instanceof Promise ? await reply : reply;
      if (given !== undefined) return given;
    } catch (error) {
      x.log('error', `[kong] init.lua [${plugin.name}] ${(error as Error).message}`);
      return UNEXPECTED;
    }
  }
  return undefined;
}

function headersFor(
  x: Proxied,
  match: Match,
  service: Service,
  signature: Signature,
): Record<string, string | string[]> {
  const headers = requestHeaders(x.request, x.hiddenHeaders);
  const host = x.request.headers.host ?? '';
  const before = x.request.headers['x-forwarded-for'];
  headers['host'] = match.route.preserve_host
    ? host
    : `${service.host}${service.port === 80 ? '' : `:${service.port}`}`;
  headers['connection'] = 'keep-alive';
  if (wantsWebSocket(x.request)) Object.assign(headers, { connection: 'keep-alive, Upgrade', upgrade: 'websocket' });
  headers['x-forwarded-for'] = before === undefined ? x.clientIp : `${String(before)}, ${x.clientIp}`;
  headers['x-forwarded-proto'] = 'http';
  headers['x-forwarded-host'] = host.replace(/:\d+$/, '');
  headers['x-forwarded-port'] = String(x.request.socket.localPort);
  headers['x-forwarded-path'] = x.path;
  if (match.route.strip_path && match.prefix !== '') headers['x-forwarded-prefix'] = match.prefix;
  headers['x-real-ip'] = x.clientIp;
  if (signature.tellsUpstream) headers['via'] = signature.via;
  if (signature.hasRequestId) headers['x-kong-request-id'] = x.requestId;
  for (const [name, value] of Object.entries(x.upstreamHeaders)) headers[name.toLowerCase()] = value;
  return headers;
}

/** Proxies requests of a node, and counts them. */
export class Proxy {
  readonly #context: ProxyContext;

  constructor(context: ProxyContext) {
    this.#context = context;
  }

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    const x = new Proxied(request, this.#context);
    const before = { sent: request.socket.bytesWritten, agent: request.headers['user-agent'] ?? '-' };
    response.once('finish', () => {
      const line = `${request.method} ${request.url} HTTP/${request.httpVersion}`;
      this.#context.log.access(
        x.clientIp,
        line,
        response.statusCode,
        request.socket.bytesWritten - before.sent,
        before.agent,
      );
    });
    this.#serve(x, response).catch((error: unknown) => {
      x.log('error', `[kong] proxy failed: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
      response.destroy();
    });
  };

  async #serve(x: Proxied, response: ServerResponse): Promise<void> {
    const { signature, faults } = this.#context;
    const fault = faults.current.proxy;
    if (fault?.noRoutes === true) return this.#reply(x, response, NO_ROUTE, FAULT);
    const routing = this.#context.routing();
    const host = (x.request.headers.host ?? '').replace(/:\d+$/, '');
    const match = routing.router.find(x.request.method ?? 'GET', host, x.path);
    if (match === undefined) return this.#reply(x, response, NO_ROUTE, {});
    x.route = match.route;
    x.service = match.route.service_id === null ? undefined : routing.services.get(match.route.service_id);
    const plan = this.#context.plugins().plan(match.route.id, match.route.service_id);
    const meter = this.#context.traffic.meter(plan.measured, x, response);
    if (fault !== undefined && Math.random() < (fault.ratio ?? 1)) {
      if (fault.latencyMs !== undefined && fault.latencyMs > 0) await sleep(fault.latencyMs);
      x.responseHeaders['X-Standin-Fault'] = '1';
      if (fault.status !== undefined)
        return this.#reply(x, response, { ...UNEXPECTED, status: fault.status }, x.responseHeaders);
    }
    const reply = await runPlugins(x, plan);
    if (reply !== undefined) return this.#reply(x, response, reply, x.responseHeaders);
    if (x.service === undefined)
      return this.#reply(x, response, { status: 503, message: 'no Service found with those values' }, {});
    return this.#pass(x, response, match, x.service, signature, meter);
  }

  async #pass(
    x: Proxied,
    response: ServerResponse,
    match: Match,
    service: Service,
    signature: Signature,
    meter: Meter,
  ): Promise<void> {
    const path = upstreamPath(match, service.path, x.path);
    const kongMs = x.elapsed;
    try {
      const upstream = await ask(x.request, {
        host: service.host,
        port: service.port,
        path: x.query === '' ? path : `${path}?${x.query}`,
        headers: headersFor(x, match, service, signature),
        timeoutMs: service.read_timeout,
      });
      const upstreamMs = x.elapsed - kongMs;
      meter.answered(kongMs, upstreamMs);
      const headers = responseHeaders(upstream);
      for (const [name, value] of Object.entries(x.responseHeaders)) headers.push(name, value);
      headers.push(
        'X-Kong-Upstream-Latency',
        String(upstreamMs),
        'X-Kong-Proxy-Latency',
        String(kongMs),
        'Via',
        signature.via,
      );
      if (signature.hasRequestId) headers.push('X-Kong-Request-Id', x.requestId);
      if (upstream.statusCode === 101) return tunnel(upstream, response, headers);
      headers.push('Connection', connectionHeader(response));
      response.writeHead(upstream.statusCode ?? 502, upstream.statusMessage, headers);
      relay(upstream, response);
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      x.log('error', `connect() failed while connecting to upstream ${service.host}:${service.port}`);
      this.#reply(x, response, { status: error.status, message: error.message }, x.responseHeaders);
    }
  }

  #reply(x: Proxied, response: ServerResponse, reply: Reply, extra: Readonly<Record<string, string>>): void {
    // What the client still sends must be read, or its connection is reset before it has seen the answer.
    x.request.resume();
    if (response.headersSent || response.destroyed) return;
    answer(response, this.#context.signature, reply, x.requestId, extra, x.elapsed);
  }
}
