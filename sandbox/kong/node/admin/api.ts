import type { IncomingMessage, ServerResponse } from 'node:http';
import { DatabaseError } from '../../db/connection.ts';
import type { Json } from '../../schema/fields.ts';
import type { KongNode } from '../node.ts';
import { commonEndpoint, sendJson } from '../status-api.ts';
import { readBody } from './body.ts';
import { Crud, type Answer, type Subject } from './crud.ts';
import { COLLECTIONS, OWNED, PLUGINS } from './entities.ts';
import { ApiError, fromDatabase, NOT_FOUND } from './errors.ts';
import { accept } from './input.ts';
import { root } from './root.ts';

/** What the parts of a path mean; undefined for a path that is not there. Throws ApiError for an unknown owner. */
async function subject(crud: Crud, parts: readonly string[]): Promise<Subject | undefined> {
  const [collection = '', key, sub, subKey, more] = parts;
  const entity = COLLECTIONS[collection];
  if (entity === undefined || more !== undefined) return undefined;
  if (key === undefined) return { entity, path: `/${collection}` };
  if (sub === undefined) return { entity, path: `/${collection}`, key };
  const owner = await crud.store.find(entity, key);
  if (owner === undefined) throw NOT_FOUND;
  if (collection === 'routes' && sub === 'service' && subKey === undefined) {
    const service = (owner['service'] as Json | null)?.['id'];
    if (service === undefined) throw NOT_FOUND;
    return subject(crud, ['services', String(service)]);
  }
  const owned = OWNED[collection]?.[sub];
  if (owned === undefined) return undefined;
  const path = `/${collection}/${key}/${sub}`;
  const base = { entity: owned[0], path, owner: [owned[1], String(owner['id'])] as const };
  return subKey === undefined ? base : { ...base, key: subKey };
}

async function act(crud: Crud, request: IncomingMessage, of: Subject, query: URLSearchParams): Promise<Answer> {
  const single = of.key !== undefined;
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return single ? crud.get(of) : crud.list(of, query);
    case 'POST':
      if (!single) return crud.create(of, await readBody(request));
      break;
    case 'PUT':
      if (single) return crud.put(of, await readBody(request));
      break;
    case 'PATCH':
      if (single) return crud.patch(of, await readBody(request));
      break;
    case 'DELETE':
      if (single) return crud.delete(of);
      break;
    default:
  }
  throw new ApiError(405, { message: 'Method not allowed' });
}

async function respond(node: KongNode, crud: Crud, request: IncomingMessage, url: URL): Promise<Answer> {
  const parts = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  if (parts.length === 0) return { status: 200, body: await root(node) };
  if (url.pathname === '/plugins/enabled')
    return { status: 200, body: { enabled_plugins: [...node.enabledPlugins.keys()] } };
  if (url.pathname === '/schemas/plugins/validate') {
    accept({ version: node.version, enabled: node.enabledPlugins }, PLUGINS, await readBody(request));
    return { status: 200, body: { message: 'schema validation successful' } };
  }
  const of = await subject(crud, parts);
  if (of === undefined) throw NOT_FOUND;
  return act(crud, request, of, url.searchParams);
}

/** The Admin API. What the database refuses is a 500 that says nothing; the cause is in the error log. */
export function adminApi(node: KongNode): (request: IncomingMessage, response: ServerResponse) => void {
  const crud = new Crud(node);
  const refuse = (error: unknown, request: IncomingMessage): ApiError => {
    if (error instanceof ApiError) return error;
    const known = fromDatabase(error);
    if (known !== undefined) return known;
    const text =
      error instanceof DatabaseError ? error.message : error instanceof Error ? (error.stack ?? '') : String(error);
    const about = `client: 127.0.0.1, server: kong_admin, request: "${request.method} ${request.url} HTTP/1.1", host: "${request.headers.host}"`;
    node.log.error('error', `*1 [kong] api_helpers.lua ${text}, ${about}`);
    return new ApiError(500, { message: 'An unexpected error occurred' });
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const started = performance.now();
    const url = new URL(request.url ?? '/', 'http://admin');
    if (await commonEndpoint(node, url.pathname, request, response)) return;
    try {
      const { status, body } = await respond(node, crud, request, url);
      sendJson(response, node.version, started, status, body);
    } catch (error) {
      const { status, body } = refuse(error, request);
      request.resume();
      sendJson(response, node.version, started, status, body);
    }
  };
  return (request, response) => {
    serve(request, response).catch(() => response.destroy());
  };
}
