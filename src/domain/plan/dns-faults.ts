import { z } from 'zod';
import { formatDuration, parseDuration } from '../duration.ts';
import { DEFAULT_TTL, dnsName } from './entry/dns.ts';
import { fieldsOf, listOf, type Fault } from './fault.ts';
import { DEFAULT_SETTLE } from './traffic.ts';

type Fields = Readonly<Record<string, unknown>>;

const VIAS: readonly unknown[] = ['route53', 'powerdns', 'rfc2136'];
const TARGETS = {
  A: { wanted: 'an IPv4 address', fits: (text: string) => z.ipv4().safeParse(text).success },
  AAAA: { wanted: 'an IPv6 address', fits: (text: string) => z.ipv6().safeParse(text).success },
  CNAME: { wanted: 'a host name', fits: (text: string) => dnsName.safeParse(text).success },
} as const;

/** An entry point by DNS whose sides are lists: what is wrong with these otherwise, the schema says. */
export const isDns = ({ via, x, y }: Fields): boolean => VIAS.includes(via) && Array.isArray(x) && Array.isArray(y);

/** What an entry point by DNS moves: an address and its IPv6 counterpart are two. */
export function recordOf(entry: Fields): string | undefined {
  const { via, record, type = 'A' } = entry;
  return VIAS.includes(via) && typeof record === 'string' ? `${plain(record)} ${String(type)}` : undefined;
}

/** What can't work of an entry point by DNS, over the plan as it came. */
export function dnsFaults(path: string, entry: Fields, settle: unknown): Fault[] {
  if (!VIAS.includes(entry['via'])) return [];
  return [...targetFaults(path, entry), ...zoneFaults(path, entry), ...lagFaults(path, entry, settle)];
}

function targetFaults(path: string, entry: Fields): Fault[] {
  const { type = 'A', record } = entry;
  if (!isType(type)) return [];
  const seen = new Map<string, string>();
  return (['x', 'y'] as const).flatMap((side) => {
    const targets = listOf(entry[side]);
    const faults = targets.flatMap((target, index) => {
      const place = `${path}.${side}[${index}]`;
      if (typeof target !== 'string' || target === '') return [];
      if (!TARGETS[type].fits(target))
        return [{ path: place, message: `expected ${TARGETS[type].wanted}, for a record of type ${type}` }];
      if (type === 'CNAME' && typeof record === 'string' && plain(target) === plain(record))
        return [{ path: place, message: 'is the record itself: it would stand for nothing' }];
      const first = seen.get(plain(target));
      if (first !== undefined) return [{ path: place, message: `is the same as ${first}` }];
      seen.set(plain(target), place);
      return [];
    });
    if (type === 'CNAME' && targets.length > 1)
      faults.push({ path: `${path}.${side}[1]`, message: 'is one too many: a CNAME stands for one name' });
    return faults;
  });
}

/** Route 53 knows its zones by an id; the others by their name. */
function zoneFaults(path: string, entry: Fields): Fault[] {
  const { via, zone, record, type } = entry;
  const testers = fieldsOf(entry['testers'])['host'];
  const names = [
    [`${path}.record`, record],
    [`${path}.testers.host`, testers],
  ] as const;
  const faults = names.flatMap(([place, name]) => {
    if (via === 'route53' || typeof zone !== 'string' || typeof name !== 'string') return [];
    const [inside, of] = [plain(name), plain(zone)];
    if (inside === of && type === 'CNAME')
      return [{ path: place, message: `can't be a CNAME: it is the name of the zone itself` }];
    if (inside === of || inside.endsWith(`.${of}`)) return [];
    return [{ path: place, message: `is not in the zone ${of}` }];
  });
  if (typeof record === 'string' && typeof testers === 'string' && plain(record) === plain(testers))
    faults.push({
      path: `${path}.testers.host`,
      message: `is the same as ${path}.record: testers need a name of their own`,
    });
  return faults;
}

/** As long as old answers may be kept, the share can't arrive. */
function lagFaults(path: string, entry: Fields, settle: unknown = DEFAULT_SETTLE): Fault[] {
  const { ttl = DEFAULT_TTL, record } = entry;
  const given = typeof settle === 'string' ? parseDuration(settle) : undefined;
  if (given === undefined || typeof ttl !== 'number' || given >= ttl * 1_000) return [];
  const message = `is ${formatDuration(given)}: resolvers keep the old answer for ${String(record)} for its ttl (${path}.ttl: ${ttl} s), so that a new share can't arrive sooner; expected at least ${ttl}s`;
  return [{ path: 'traffic.settle', message }];
}

const isType = (type: unknown): type is keyof typeof TARGETS => typeof type === 'string' && type in TARGETS;

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');
