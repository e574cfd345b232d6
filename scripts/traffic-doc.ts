// Writes the tables of docs/traffic.md from what each kind of balancer is able to do: `node scripts/traffic-doc.ts`. A test compares the two.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { ENTRIES, type Via } from '../src/domain/plan/entry/index.ts';
import { ABILITIES, PROTOCOLS, type Abilities, type Protocol, type Split } from '../src/domain/traffic/abilities.ts';

export const trafficFile = fileURLToPath(new URL('../docs/traffic.md', import.meta.url));

/** Every kind of balancer, in the order of the documents. */
export const VIAS: readonly Via[] = ENTRIES.map((entry) => entry.shape.via.value);

const WEIGHTS: Readonly<Record<Abilities['weights'], string>> = {
  any: 'any',
  addresses: 'what the addresses make',
  'all-or-nothing': '0 and 100 only',
};
const PROTOCOL_NAMES: Readonly<Record<Protocol, string>> = {
  http: 'HTTP/1.1',
  http2: 'HTTP/2',
  grpc: 'gRPC',
  websocket: 'WebSocket',
  tcp: 'TCP',
  'tls-passthrough': 'TLS pass-through',
  udp: 'UDP',
};
const SPLITS: Readonly<Record<Split, string>> = {
  requests: 'each request',
  connections: 'each connection',
  clients: 'each client',
  no: 'no',
  program: 'as the program does',
};

const link = (via: Via): string => `[\`${via}\`](traffic/${via}.md)`;
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

function nodeOut(via: Via): string {
  if (!ABILITIES[via].nodeOut) return 'no';
  return via === 'command' ? 'with `out` and `in`' : 'yes';
}

const abilities = table(
  ['`via`', 'Shares of Y', 'One node out', 'Testers before 1 %', 'Sticky clients', 'In force', 'The epoch is kept in'],
  VIAS.map((via) => {
    const { weights, testers, sticky, atOnce, lag, epochIn } = ABILITIES[via];
    const force = atOnce ? 'at once' : lag === undefined ? 'once it is taken over' : 'clients lag';
    return [link(via), WEIGHTS[weights], nodeOut(via), yes(testers), yes(sticky), force, epochIn];
  }),
);

const protocols = table(
  ['`via`', ...PROTOCOLS.map((protocol) => PROTOCOL_NAMES[protocol])],
  VIAS.map((via) => {
    const { splits, needs } = ABILITIES[via];
    const cell = (protocol: Protocol) =>
      SPLITS[splits[protocol]] + (needs?.[protocol] ? `, with ${needs[protocol]}` : '');
    return [link(via), ...PROTOCOLS.map(cell)];
  }),
);

function yes(able: boolean): string {
  return able ? 'yes' : 'your own';
}

/** The page with its tables made anew. */
export async function trafficPage(page: string): Promise<string> {
  const made = Object.entries({ abilities, protocols }).reduce(
    (text, [name, content]) =>
      text.replace(
        new RegExp(`(<!-- ${name}: made by scripts/traffic-doc.ts -->\n).*?(<!-- end -->)`, 's'),
        (_, begin: string, end: string) => `${begin}\n${content}\n\n${end}`,
      ),
    page,
  );
  return format(made, { ...(await resolveConfig(trafficFile)), parser: 'markdown' });
}

if (import.meta.main) writeFileSync(trafficFile, await trafficPage(readFileSync(trafficFile, 'utf8')));
