import type { IncomingMessage } from 'node:http';
import type { Consumer, Route, Service } from '../model.ts';
import type { Level } from '../error-log.ts';

/** An answer that Kong gives itself; `message` goes into Kong's JSON body unless `body` is given. */
export interface Reply {
  readonly status: number;
  readonly message?: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One proxied request on its way through the plugins. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly clientIp: string;
  readonly path: string;
  readonly query: string;
  readonly route: Route;
  readonly service: Service | undefined;
  readonly requestId: string;
  consumer: Consumer | undefined;
  credentialId: string | undefined;
  /** Headers added to the request for the upstream; they replace the client's. */
  readonly upstreamHeaders: Record<string, string>;
  /** Headers of the client that do not reach the upstream, in lower case. */
  readonly hiddenHeaders: Set<string>;
  /** Headers added to the response. */
  readonly responseHeaders: Record<string, string>;
  log(level: Level, text: string): void;
}

/** A configured plugin. Its access phase answers, or lets the request pass. */
export interface Plugin {
  readonly name: string;
  readonly priority: number;
  access(exchange: Exchange): Promise<Reply | undefined> | Reply | undefined;
}
