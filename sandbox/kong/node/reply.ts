import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { atLeast, type KongVersion } from '../schema/versions.ts';
import type { Reply } from './plugins/plugin.ts';

let high = randomBytes(8).toString('hex');
let low = 0;

/** A request id like nginx's: 32 hex digits. */
export function newRequestId(): string {
  if (low > 0xffffffff) high = randomBytes(8).toString('hex');
  low = low > 0xffffffff ? 0 : low + 1;
  return high + low.toString(16).padStart(16, '0');
}

/** How a release names itself and its requests in headers. */
export class Signature {
  readonly server: string;
  readonly via: string;
  readonly hasRequestId: boolean;
  readonly tellsUpstream: boolean;

  constructor(version: KongVersion) {
    this.server = `kong/${version}`;
    this.hasRequestId = atLeast(version, '3.6.1');
    this.tellsUpstream = atLeast(version, '3.9.0');
    this.via = this.tellsUpstream ? `1.1 ${this.server}` : this.server;
  }

  /** Kong's JSON for a message of its own. */
  message(text: string, requestId: string): string {
    const id = this.hasRequestId ? `,\n  "request_id":"${requestId}"` : '';
    return `{\n  "message":${JSON.stringify(text)}${id}\n}`;
  }
}

/** Said outright, so that Node does not add the hint `Keep-Alive: timeout=…`, which nginx does not send. */
export function connectionHeader(response: ServerResponse): 'keep-alive' | 'close' {
  return response.shouldKeepAlive ? 'keep-alive' : 'close';
}

/** Answers in the proxy's own name. */
export function answer(
  response: ServerResponse,
  signature: Signature,
  reply: Reply,
  requestId: string,
  extra: Readonly<Record<string, string>>,
  latencyMs: number,
): void {
  const body = reply.body ?? signature.message(reply.message ?? '', requestId);
  response.writeHead(reply.status, {
    'Content-Type': reply.contentType ?? 'application/json; charset=utf-8',
    Connection: connectionHeader(response),
    ...extra,
    ...reply.headers,
    'Content-Length': Buffer.byteLength(body),
    'X-Kong-Response-Latency': String(latencyMs),
    Server: signature.server,
    ...(signature.hasRequestId ? { 'X-Kong-Request-Id': requestId } : {}),
  });
  response.end(body);
}
