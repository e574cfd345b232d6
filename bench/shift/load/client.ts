import { connect, type Socket } from 'node:net';
import { NODES, type Fault, type NodeName } from './request.ts';

/** Milliseconds without a byte. */
const PATIENCE = 30_000;
const BODY = 'x'.repeat(200);

export interface Outcome {
  readonly fault: Fault;
  readonly node?: NodeName;
  readonly begunAt?: number;
}

/** Kept connections that the other side closed; no request is lost by that, the next one opens another. */
export interface Closed {
  /** While no request was on it, without a word. */
  idle: number;
  /** After an answer that said so (`Connection: close`). */
  announced: number;
}

/** One client, with at most one connection and one request at a time. */
export interface Client {
  send(method: 'GET' | 'POST', path: string): Promise<Outcome>;
  readonly closed: Closed;
  stop(): void;
}

/**
 * Speaks HTTP/1.1 by itself: it never tries again, it knows whether a connection ended with a request on it or without, and it takes
 * a fraction of the processor time of Node's own client, which is that of the balancer too.
 */
export function createClient(port: number, keep: boolean): Client {
  const closed: Closed = { idle: 0, announced: 0 };
  let socket: Socket | undefined;
  let settle: ((outcome: Outcome) => void) | undefined;
  let text = '';

  function end(outcome: Outcome): void {
    const waiting = settle;
    settle = undefined;
    text = '';
    waiting?.(outcome);
  }

  function drop(): void {
    const dropped = socket;
    socket = undefined;
    dropped?.end();
  }

  function open(): Socket {
    const opened = connect({ host: '127.0.0.1', port, noDelay: true }).setEncoding('latin1').setTimeout(PATIENCE);
    let fault: Fault = 'closed';
    const gone = () => {
      if (socket !== opened) return;
      socket = undefined;
      if (settle !== undefined) end({ fault });
      else closed.idle += 1;
    };
    return opened
      .on('data', (part: string) => {
        if (socket !== opened) return;
        text += part;
        const answer = readAnswer(text);
        if (answer === undefined) return;
        if (keep && answer.last) closed.announced += 1;
        if (!keep || answer.last) drop();
        end(answer.outcome);
      })
      .on('timeout', () => {
        if (settle !== undefined) fault = 'timeout';
        opened.destroy();
      })
      .on('error', ({ code }: NodeJS.ErrnoException) => (fault = code === 'ECONNREFUSED' ? 'refused' : 'reset'))
      .on('end', gone)
      .on('close', gone);
  }

  return {
    closed,
    send: (method, path) =>
      new Promise((resolve) => {
        settle = resolve;
        const body = method === 'POST' ? `Content-Length: ${BODY.length}\r\n\r\n${BODY}` : '\r\n';
        socket ??= open();
        socket.write(`${method} ${path} HTTP/1.1\r\nHost: shop.example\r\n${body}`);
      }),
    stop: drop,
  };
}

/** `undefined` as long as it is not whole. Every answer has a length. */
function readAnswer(text: string): { outcome: Outcome; last: boolean } | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const head = text.slice(0, headEnd);
  const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
  if (text.length < headEnd + 4 + length) return undefined;
  const [, name, begunAt] = /^x-node: (\S+) (\S+)/im.exec(head) ?? [];
  const node = NODES.find((one) => one === name);
  const fault = head.startsWith('HTTP/1.1 200') && node !== undefined ? 'none' : 'status';
  return {
    outcome: { fault, ...(node === undefined ? {} : { node, begunAt: Number(begunAt) * 1_000 }) },
    last: /^connection: close/im.test(head),
  };
}
