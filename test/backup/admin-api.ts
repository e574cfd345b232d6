import { createServer as createPlain, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecure, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface AdminApiOptions {
  /** Their names; `undefined` for a Kong that has none. */
  readonly workspaces?: readonly string[];
  /** Nobody comes in without all of these. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Workspaces without any entity. */
  readonly empty?: readonly string[];
  readonly tls?: ServerOptions;
}

export interface AdminApi {
  readonly url: string;
  /** Method and path of what was asked with the right headers, in order. */
  readonly asked: readonly string[];
  stop(): void;
}

const SERVICE = { protocol: 'http', port: 80, retries: 5, created_at: 1, tags: null };
const ENTITIES: Readonly<Record<string, unknown[]>> = {
  services: [{ id: 's1', name: 'billing', host: 'billing.internal', ...SERVICE }],
  routes: [{ id: 'r1', name: 'billing-v1', paths: ['/billing'], service: { id: 's1' } }],
  consumers: [{ id: 'c1', username: 'ann' }],
};

/** An Admin API that knows some entities, the same ones in each of its workspaces. */
export async function startAdminApi(options: AdminApiOptions = {}): Promise<AdminApi> {
  const asked: string[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const allowed = Object.entries(options.headers ?? {}).every(([name, value]) => request.headers[name] === value);
    const path = new URL(request.url ?? '/', 'http://admin').pathname.split('/').slice(1).map(decodeURIComponent);
    if (allowed) asked.push(`${request.method} ${request.url}`);
    const body = allowed ? answerTo(path, options) : undefined;
    response.writeHead(!allowed ? 401 : body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? { message: 'no' }));
  };
  const server: Server = options.tls === undefined ? createPlain(answer) : createSecure(options.tls, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const scheme = options.tls === undefined ? 'http' : 'https';
  return { url: `${scheme}://127.0.0.1:${port}`, asked, stop: () => void server.close() };
}

function answerTo(path: string[], { workspaces, empty = [] }: AdminApiOptions): unknown {
  const [first = '', second] = path;
  if (first === '') return { version: '3.6.1' };
  if (first === 'workspaces' && workspaces === undefined) return undefined;
  if (first === 'workspaces' && second !== undefined)
    return workspaces?.includes(second) === true ? { name: second } : undefined;
  if (first === 'workspaces') return { data: workspaces?.map((name) => ({ name })), next: null };
  const inWorkspace = workspaces?.includes(first) === true;
  const kind = inWorkspace ? second : first;
  const data = inWorkspace && empty.includes(first) ? [] : (ENTITIES[kind ?? ''] ?? []);
  return { data, next: null };
}
