import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KongNode } from './node.ts';
import { renderMetrics } from './metrics.ts';
import { connectionHeader } from './reply.ts';
import { statusJson } from './status.ts';

/** Answers of the Admin and the Status API have these headers. */
export function sendJson(
  response: ServerResponse,
  version: string,
  started: number,
  status: number,
  body?: unknown,
): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, {
    ...(body === undefined ? {} : { 'Content-Type': 'application/json; charset=utf-8' }),
    Connection: connectionHeader(response),
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Credentials': 'true',
    ...(status === 204 ? {} : { 'Content-Length': Buffer.byteLength(text) }),
    'X-Kong-Admin-Latency': String(Math.round(performance.now() - started)),
    Server: `kong/${version}`,
  });
  response.end(text);
}

/** `GET /status` and `/metrics`, which the Admin API has as well; false for another path. */
export async function commonEndpoint(
  node: KongNode,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const started = performance.now();
  if (request.method !== 'GET' || (path !== '/status' && path !== '/metrics')) return false;
  const reachable = await node.db.reachable();
  if (path === '/status') {
    if (!reachable)
      node.log.error('error', '*1 [lua] health.lua: failed to connect to PostgreSQL during /status endpoint check');
    sendJson(response, node.version, started, 200, statusJson(node.connections, reachable));
    return true;
  }
  const text = renderMetrics({ ...node, reachable, plugin: node.usesPrometheus });
  response.writeHead(200, {
    'Content-Type': 'text/plain; charset=UTF-8',
    Connection: connectionHeader(response),
    'Content-Length': Buffer.byteLength(text),
    'X-Kong-Admin-Latency': String(Math.round(performance.now() - started)),
    Server: `kong/${node.version}`,
  });
  response.end(text);
  return true;
}

/** Why the node is not ready, or undefined if it is. */
async function unready(node: KongNode): Promise<string | undefined> {
  if (!(await node.db.reachable())) return 'failed to connect to database';
  return node.faults.current.start === 'unready' ? 'router builds not yet complete' : undefined;
}

/** The Status API: `/status`, `/status/ready`, `/metrics`. */
export function statusApi(node: KongNode): (request: IncomingMessage, response: ServerResponse) => void {
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const started = performance.now();
    request.resume();
    const path = (request.url ?? '/').replace(/\?.*$/, '');
    if (await commonEndpoint(node, path, request, response)) return;
    if (request.method === 'GET' && path === '/status/ready') {
      const why = await unready(node);
      sendJson(response, node.version, started, why === undefined ? 200 : 503, { message: why ?? 'ready' });
      return;
    }
    sendJson(response, node.version, started, 404, { message: 'Not found' });
  };
  return (request, response) => {
    serve(request, response).catch(() => response.destroy());
  };
}
