import type { Entry } from './entry/index.ts';
import { joined } from './sentences.ts';

/** What an entry point is, where, and how it is changed. */
export function describeEntry(entry: Entry): string {
  const where =
    entry.host === undefined ? '' : ` on ${joined(typeof entry.host === 'string' ? [entry.host] : entry.host)}`;
  switch (entry.via) {
    case 'nginx':
      return `nginx${where}, by files in ${entry.directory}, without a reload`;
    case 'haproxy':
      return `HAProxy${where}, backend ${entry.backend}, by its runtime API (${entry.socket})`;
    case 'route53':
      return `Route 53, ${describeRecord(entry)}, zone ${entry.zone}${from(where)}`;
    case 'powerdns':
      return `PowerDNS at ${entry.api}, ${describeRecord(entry)}${from(where)}`;
    case 'rfc2136':
      return `DNS updates to ${entry.server}, ${describeRecord(entry)}${from(where)}`;
    case 'gateway-api':
      return `Gateway API, ${joined(entry.routes.map(({ kind, name }) => `${kind} ${name}`))}${inCluster(entry)}${from(where)}`;
    case 'ingress-nginx':
      return `ingress-nginx, the canary Ingress ${entry.ingress}${inCluster(entry)}${from(where)}`;
    case 'kubernetes-service':
      return `the Service ${entry.service}, by its selector${inCluster(entry)}${from(where)}`;
    case 'command':
      return `your program ${entry.set[0]}${where}`;
  }
}

/** An entry point by its name, and where it is changed. */
export const describePlace = (entry: Entry): string => `${entry.name ?? entry.via}${onHosts(entry)}`;

function onHosts({ host }: Entry): string {
  if (host === undefined) return '';
  return ` on ${joined(typeof host === 'string' ? [host] : host)}`;
}

/** Where a worker has to be that changes it. */
const from = (where: string): string => (where === '' ? '' : `, from the worker${where}`);

const describeRecord = ({ record, type, x, y }: Extract<Entry, { record: string }>): string =>
  `${record} (${type}: ${x.length} for X, ${y.length} for Y)`;

const inCluster = ({ namespace, context }: Extract<Entry, { namespace: string }>): string =>
  ` in ${namespace}${context === undefined ? '' : ` (context ${context})`}`;
