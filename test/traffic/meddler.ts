import { createServer, type IncomingHttpHeaders } from 'node:http';
import { once } from 'node:events';
import { Agent, request } from 'undici';
import { freePort } from '../../sandbox/free-port.ts';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
}

/** Stands between a client and a server of HTTP, and does to what passes whatever a test wants. */
export interface Meddler {
  readonly address: string;
  meddle: (asked: Asked, pass: (asked?: Asked) => Promise<Answered>) => Promise<Answered>;
  /** Lets everything pass again. */
  behave(): void;
  /** Nothing listens there, for as long as `during` takes. */
  away<T>(during: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

export async function startMeddler(target: string): Promise<Meddler> {
  const agent = new Agent({ pipelining: 0 });
  const port = await freePort();
  const pass = async ({ method, url, headers, body }: Asked): Promise<Answered> => {
    const { 'transfer-encoding': _, connection: __, ...kept } = headers;
    const sent = { ...kept, 'content-length': String(Buffer.byteLength(body)) };
    const answer = await request(target + url, { method, headers: sent, body, dispatcher: agent });
    const type = answer.headers['content-type'];
    return { status: answer.statusCode, body: await answer.body.text(), ...(typeof type === 'string' ? { type } : {}) };
  };
  const behave: Meddler['meddle'] = (_, next) => next();
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const { method = 'GET', url = '/', headers } = incoming;
      const asked = { method, url, headers, body: Buffer.concat(chunks).toString() };
      const { status, body, type = 'text/xml' } = await meddler.meddle(asked, (other = asked) => pass(other));
      outgoing.writeHead(status, { 'content-type': type }).end(body);
    })();
  });
  const listen = async () => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const close = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  await listen();
  const meddler: Meddler = {
    address: `http://127.0.0.1:${port}`,
    meddle: behave,
    behave: () => void (meddler.meddle = behave),
    async away(during) {
      await close();
      try {
        return await during();
      } finally {
        await listen();
      }
    },
    async stop() {
      await close();
      await agent.close();
    },
  };
  return meddler;
}
