import type { AdminAccess, NodeAddresses } from '../../domain/plan/index.ts';

/** What one node says of itself over the network. Every call is one attempt with a short timeout. */
export interface KongHttp {
  /** `GET /` of the Admin API. Error `NodeUnreachable`. */
  root(node: NodeAddresses, access: AdminAccess): Promise<KongRoot>;
  /** Every entity of a kind (`services`, `routes`, `plugins`, ...), all pages. Kinds that the node does not know: `undefined`. */
  entities(node: NodeAddresses, access: AdminAccess, kind: string): Promise<readonly KongEntity[] | undefined>;
  /** Every plugin, with its settings. Error `NodeUnreachable`. */
  plugins(node: NodeAddresses, access: AdminAccess): Promise<readonly KongPlugin[]>;
  /** Every route, with the protocols that it takes. Error `NodeUnreachable`. */
  routes(node: NodeAddresses, access: AdminAccess): Promise<readonly KongRoute[]>;
  /** `GET /status/ready` of the Status API (`ready: false` with the reason; never throws for a node that is down). */
  ready(node: NodeAddresses): Promise<{ ready: true } | { ready: false; reason: string }>;
  /**
   * Requests, WebSockets and streams that are in progress on a node of this version, by its Status API; its own and the one that asks
   * left out. Error `NodeUnreachable`.
   */
  running(node: Pick<NodeAddresses, 'name' | 'status'>, version: string): Promise<number>;
  /** Something listens on the node's proxy, admin or status address. */
  answers(node: NodeAddresses): Promise<boolean>;
  /** The text of `GET /metrics`. Error `NodeUnreachable`. */
  metrics(node: Pick<NodeAddresses, 'name' | 'status'>): Promise<string>;
  /** One request through the node's proxy; headers already resolved. Bodies up to 1 MiB. Error `NodeUnreachable`. */
  request(node: NodeAddresses, request: ProxyRequest): Promise<ProxyAnswer>;
}

export interface KongRoot {
  readonly version: string;
  /** Another one after each start. */
  readonly nodeId: string;
  readonly configuration: Readonly<Record<string, unknown>>;
  /** Process ids of its workers: others after a reload. Empty where the version does not say. */
  readonly workers: readonly number[];
}

export interface KongEntity {
  readonly id: string;
  readonly name?: string;
}

export interface KongPlugin {
  readonly name: string;
  readonly enabled: boolean;
  /** Of no single service, route or consumer. */
  readonly global: boolean;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface KongRoute extends KongEntity {
  readonly protocols: readonly string[];
}

export interface ProxyRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ProxyAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
