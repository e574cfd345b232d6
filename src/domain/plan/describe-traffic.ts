import { formatDuration } from '../duration.ts';
import { plural } from '../plural.ts';
import { ABILITIES, type Protocol, type Split } from '../traffic/abilities.ts';
import { weightsOfAddresses } from '../traffic/address-shares.ts';
import { balancersOf, entriesOf } from '../traffic/balancers.ts';
import { canTakeNodesOut, protocolsOf, splitOf, testersOf } from '../traffic/entry-abilities.ts';
import { describeEntry } from './describe-entry.ts';
import type { Entry } from './entry/index.ts';
import type { Plan } from './schema.ts';
import { joined, wrapped } from './sentences.ts';

/** Percent. */
const BIG = 50;

/** Where the traffic comes in, how its share is moved there, and what can't be had. `!` stands before what people should know. */
export function describeTraffic(plan: Plan): string[] {
  const entries = entriesOf(plan.traffic);
  return [
    ...describeMoves(plan),
    ...describeNodes(plan),
    ...entries.flatMap((entry) => [
      ...wrapped(`${entry.name === undefined ? '' : `${entry.name}: `}${describeEntry(entry)}`, ''),
      ...abilities(plan, entry).flatMap((text) => wrapped(text)),
    ]),
    ...wrapped(pages(entries), ''),
  ];
}

function describeMoves({ x, y, traffic }: Plan): string[] {
  const balancers = balancersOf({ x, y, traffic });
  const budget = `The share must arrive within ${formatDuration(traffic.settle)}, give or take ${plural(traffic.tolerance, 'point')}, at 100 % without one request on X; else the step is undone.`;
  const lines = [...wrapped(budget, ''), ...bigFirstStep(traffic)];
  if (balancers.length === 1) return lines;
  const order =
    traffic.via === 'several' && traffic.order === 'one-after-the-other' ? 'one after the other' : 'together';
  const together = `A step moves ${balancers.length} balancers ${order}: all of them, or none. A retreat moves all at once.`;
  return [...wrapped(together, ''), ...lines];
}

function bigFirstStep({ steps: [first] }: Plan['traffic']): string[] {
  if (first === undefined || first.y < BIG) return [];
  return wrapped(`! the first step gives Y ${first.y} % at once: what is wrong with Y meets as many requests`);
}

/** Where people find what they need before the upgrade, and in an emergency. */
const pages = (entries: readonly Entry[]): string =>
  `Preparing, rights, moving it by hand: ${joined([...new Set(entries.map(({ via }) => `docs/traffic/${via}.md`))])}.`;

/** What it means for single nodes where the traffic can't be kept from one of them. */
function describeNodes({ traffic, migrations, x, y }: Plan): string[] {
  const without = entriesOf(traffic).filter((entry) => !canTakeNodesOut(entry));
  if (without.length === 0) return [];
  const names = joined(without.map((entry) => entry.name ?? entry.via));
  const means = [
    'after `finish` each node of Y is reloaded with its share of the traffic on it',
    ...(migrations.restartX && x.nodes.length > 1 ? ['no node of X is restarted after `up` (`restartX`)'] : []),
    ...(migrations.restartY && y.nodes.length > 1 ? ['none of Y after `finish` (`restartY`)'] : []),
  ];
  return wrapped(`! No single node can be taken out of ${names}: ${means.join('; ')}.`, '');
}

/** What one entry point is able to do, and what it is not, with what that means for this plan. */
function abilities({ traffic }: Plan, entry: Entry): string[] {
  const { lag, epochIn, weights } = ABILITIES[entry.via];
  return [
    ...splits(entry),
    ...(weights === 'all-or-nothing' ? ['! all or nothing: Y gets everything in one step, nothing shows before'] : []),
    ...(entry.via === 'rfc2136' ? [`· its addresses make ${weightsOfAddresses(entry).slice(1).join(', ')} %`] : []),
    ...(lag === undefined ? [] : [`! clients lag: ${lag}${timeOfLag(entry, traffic.settle)}`]),
    ...shortSettle(entry, traffic.settle),
    ...noResolvers(entry),
    ...testers(entry),
    ...sticky(entry),
    `· a worker that was cut off is refused: the epoch is kept in ${epochIn}`,
  ];
}

const WORDS: Readonly<Record<Protocol, string>> = {
  http: 'HTTP',
  http2: 'HTTP/2',
  grpc: 'gRPC',
  websocket: 'WebSocket',
  tcp: 'TCP',
  'tls-passthrough': 'TLS pass-through',
  udp: 'UDP',
};
const BY: Readonly<Record<Exclude<Split, 'no'>, string>> = {
  requests: 'by request',
  connections: 'by connection',
  clients: 'by client',
  program: 'as your program does it',
};

function splits(entry: Entry): string[] {
  const { split, not } = protocolsOf(entry);
  const ways = Object.entries(BY).flatMap(([way, text]) => {
    const found = split.filter((protocol) => splitOf(entry, protocol) === way);
    return found.length === 0 ? [] : [`${found.map((protocol) => WORDS[protocol]).join(', ')} ${text}`];
  });
  const lost = not.map((protocol) => WORDS[protocol]).join(', ');
  return [
    `· splits ${ways.join('; ')}`,
    ...(not.length === 0 ? [] : [`! does not split ${lost} (preflight names such routes)`]),
  ];
}

const timeOfLag = (entry: Entry, settle: number): string =>
  'ttl' in entry ? ` (ttl ${entry.ttl} s, settle ${formatDuration(settle)})` : '';

/** Until all servers of a zone have a change, and clients that ask seldom have asked. */
const BESIDES_THE_TTL = 60_000;

function shortSettle(entry: Entry, settle: number): string[] {
  if (!('ttl' in entry) || settle >= entry.ttl * 1_000 + BESIDES_THE_TTL) return [];
  const least = formatDuration(entry.ttl * 1_000 + BESIDES_THE_TTL);
  return [
    `! settle is short: servers of the zone take up to a minute besides the ttl, so give it ${least} at the least`,
  ];
}

const noResolvers = (entry: Entry): string[] =>
  'resolvers' in entry && entry.resolvers.length === 0
    ? ['! the plan names no `resolvers`: what clients get is not asked, only the ttl is waited for']
    : [];

function testers(entry: Entry): string[] {
  if (!ABILITIES[entry.via].testers) return ['! testers reach Y before its first share only by a rule of your own'];
  const found = testersOf(entry);
  if (found === undefined) return ['· testers have no way to Y before its first share: the plan has no `testers`'];
  const which = 'host' in found ? `for ${found.host}` : `with ${found.header}: ${found.value}`;
  return [`· testers reach Y once it is tested: requests ${which}`];
}

function sticky(entry: Entry): string[] {
  if (entry.via !== 'nginx' || entry.sticky === undefined) return [];
  const by = entry.sticky === 'client-address' ? 'its address' : `the cookie ${entry.sticky.cookie}`;
  return [
    `! a client stays on its side, by ${by}: the share is one of clients, not of requests, and may be off by some`,
  ];
}
