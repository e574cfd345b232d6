import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import { freePort } from '../../sandbox/free-port.ts';

/** `silence`: no answer at all; an empty list: no such name. */
export type Answer = readonly string[] | 'silence';

export interface DnsServer {
  /** `host:port` */
  readonly address: string;
  /** What it was asked so far. */
  readonly asked: readonly string[];
  answer: (name: string, type: string) => Answer | Promise<Answer>;
  stop(): Promise<void>;
}

const TYPES: Readonly<Record<number, string>> = { 1: 'A', 5: 'CNAME', 28: 'AAAA' };

/** A resolver on UDP that answers what a test says. */
export async function startDnsServer(): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const port = await freePort();
  const asked: string[] = [];
  socket.on('message', (query, from) => {
    void (async () => {
      const { name, type, question } = readQuestion(query);
      asked.push(`${type} ${name}`);
      const answer = await server.answer(name, type);
      if (answer !== 'silence') socket.send(reply(query, question, answer), from.port, from.address);
    })();
  });
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  const server: DnsServer = {
    ...{ address: `127.0.0.1:${port}`, asked, answer: () => [] },
    stop: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
  return server;
}

function readQuestion(query: Buffer): { name: string; type: string; question: Buffer } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  const type = TYPES[query.readUInt16BE(at + 1)] ?? 'other';
  return { name: labels.join('.').toLowerCase(), type, question: query.subarray(12, at + 5) };
}

function reply(query: Buffer, question: Buffer, answer: readonly string[]): Buffer {
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8180 + (answer.length === 0 ? 3 : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answer.length, 6);
  header.writeUInt32BE(0, 8);
  return Buffer.concat([header, question, ...answer.map(record)]);
}

/** An answer for the name of the question, to be kept for 300 s. */
function record(target: string): Buffer {
  const [type, data] = isIPv4(target)
    ? [1, Buffer.from(target.split('.').map(Number))]
    : target.includes(':')
      ? [28, ipv6(target)]
      : [5, Buffer.concat([...target.split('.').map(label), Buffer.of(0)])];
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(300, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

const label = (text: string): Buffer => Buffer.concat([Buffer.of(text.length), Buffer.from(text)]);

function ipv6(text: string): Buffer {
  const [before = '', after = ''] = text.split('::');
  const words = (part: string) => part.split(':').filter((word) => word !== '');
  const zeros = Array<string>(8 - words(before).length - words(after).length).fill('0');
  const all = [...words(before), ...zeros, ...words(after)];
  return Buffer.from(all.map((word) => word.padStart(4, '0')).join(''), 'hex');
}
