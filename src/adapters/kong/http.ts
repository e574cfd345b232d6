import { CrossfadeError } from '../../domain/errors/index.ts';
import type { AdminAccess, NodeAddresses } from '../../domain/plan/index.ts';
import type { Secrets } from '../secrets.ts';
import { listens } from './answers.ts';
import { call, type Answer } from './get.ts';
import { adminHeaders } from './headers.ts';
import type { KongEntity, KongHttp, KongPlugin, KongRoute } from './port.ts';
import { runningOf, type ConnectionCounts } from './running.ts';

const READY_TIMEOUT = 3_000;
const READ_TIMEOUT = 5_000;
const REQUEST_TIMEOUT = 15_000;
const PAGE = 1_000;
const MOST_OF_A_PROXY_ANSWER = 1024 * 1024;

/** Kong nodes over HTTP: Admin API, Status API and proxy. */
export function createKongHttp(secrets: Secrets): KongHttp {
  const admin = (node: NodeAddresses, access: AdminAccess, path: string): Promise<Answer> =>
    call({
      url: `${node.admin}${path}`,
      headers: adminHeaders(secrets, access),
      tls: access,
      timeout: READ_TIMEOUT,
      who: `The Admin API of ${node.name}`,
    });

  const status = (node: Pick<NodeAddresses, 'name' | 'status'>, path: string, timeout: number): Promise<Answer> =>
    call({ url: `${node.status}${path}`, timeout, who: `The Status API of ${node.name}` });

  async function pages(node: NodeAddresses, access: AdminAccess, kind: string): Promise<AnyEntity[] | undefined> {
    const found: AnyEntity[] = [];
    let offset: string | undefined;
    do {
      const page = offset === undefined ? '' : `&offset=${encodeURIComponent(offset)}`;
      const answer = await admin(node, access, `/${kind}?size=${PAGE}${page}`);
      if (answer.status === 404) return undefined;
      const { data, offset: next } = json(node, answer) as { data?: AnyEntity[] | object; offset?: string };
      // A Lua table without entries is printed as an object by older versions.
      if (Array.isArray(data)) found.push(...(data as AnyEntity[]));
      offset = next;
    } while (offset !== undefined);
    return found;
  }

  return {
    async root(node, access) {
      const { version, node_id, configuration, pids } = json(node, await admin(node, access, '/')) as {
        version?: string;
        node_id?: string;
        configuration?: Record<string, unknown>;
        pids?: { workers?: number[] };
      };
      if (version === undefined || node_id === undefined)
        throw unexpected(node, 'its answer has no version: this is not the Admin API of a Kong Gateway');
      return { version, nodeId: node_id, configuration: configuration ?? {}, workers: pids?.workers ?? [] };
    },

    async entities(node, access, kind) {
      return (await pages(node, access, kind))?.map(toEntity);
    },

    async plugins(node, access) {
      return ((await pages(node, access, 'plugins')) ?? []).map(toPlugin);
    },

    async routes(node, access) {
      return ((await pages(node, access, 'routes')) ?? []).map(toRoute);
    },

    async ready(node) {
      try {
        const answer = await status(node, '/status/ready', READY_TIMEOUT);
        if (answer.status === 200) return { ready: true };
        if (answer.status !== 404) return { ready: false, reason: messageOf(answer) };
        return fromStatus(await status(node, '/status', READY_TIMEOUT));
      } catch (error) {
        return { ready: false, reason: (error as Error).message };
      }
    },

    async running(node, version) {
      const answer = await status(node, '/status', READY_TIMEOUT);
      const running = runningOf(json(node, answer, 'Status API') as ConnectionCounts, version);
      if (running === undefined) throw unexpected(node, 'its Status API does not count connections');
      return running;
    },

    async answers(node) {
      return (await Promise.all([node.proxy, node.admin, node.status].map(listens))).includes(true);
    },

    async metrics(node) {
      const answer = await status(node, '/metrics', READ_TIMEOUT);
      if (answer.status !== 200) throw unexpected(node, `/metrics of its Status API gives ${answer.status}`);
      return answer.body;
    },

    request: (node, { method, path, headers, body }) =>
      call({
        url: `${node.proxy}${path}`,
        method,
        headers,
        body,
        timeout: REQUEST_TIMEOUT,
        who: `The proxy of ${node.name}`,
        most: MOST_OF_A_PROXY_ANSWER,
      }),
  };
}

/** Before 3.3 there is no `/status/ready`. */
function fromStatus(answer: Answer): { ready: true } | { ready: false; reason: string } {
  if (answer.status !== 200) return { ready: false, reason: messageOf(answer) };
  const { database } = JSON.parse(answer.body) as { database?: { reachable?: boolean } };
  return database?.reachable === true ? { ready: true } : { ready: false, reason: 'its database is not reachable' };
}

type AnyEntity = Readonly<Record<string, unknown>>;

const toEntity = ({ id, name }: AnyEntity): KongEntity => ({
  id: String(id),
  ...(typeof name === 'string' ? { name } : {}),
});

const toRoute = ({ protocols, ...entity }: AnyEntity): KongRoute => ({
  ...toEntity(entity),
  protocols: Array.isArray(protocols) ? protocols.map(String) : [],
});

function toPlugin({ name, enabled, config, service, route, consumer }: AnyEntity): KongPlugin {
  // An absent reference is null, or missing.
  const global = [service, route, consumer].every((one) => one === null || one === undefined);
  return { name: String(name), enabled: enabled === true, global, config: (config ?? {}) as KongPlugin['config'] };
}

const unexpected = (node: Pick<NodeAddresses, 'name'>, what: string): CrossfadeError =>
  new CrossfadeError('NodeUnreachable', `Kong node ${node.name}: ${what}.`);

function json(node: Pick<NodeAddresses, 'name'>, answer: Answer, api = 'Admin API'): object {
  if (answer.status !== 200) throw unexpected(node, `its ${api} gives ${answer.status} (${messageOf(answer)})`);
  try {
    const value: unknown = JSON.parse(answer.body);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Told below.
  }
  throw unexpected(node, `its ${api} gives something else than JSON`);
}

function messageOf({ status, body }: Answer): string {
  try {
    const { message } = JSON.parse(body) as { message?: string };
    if (message !== undefined) return message;
  } catch {
    // Not JSON: the status must do.
  }
  return `status ${status}`;
}
