import { sameTargets, type DnsEntry } from '../dns/names.ts';
import type { Rrset, RrsetChange } from './api.ts';

export type Sides = Pick<DnsEntry, 'type' | 'x' | 'y'>;

/** A string in a record has 255 bytes at most; longer ones would be cut anywhere on their way to secondary servers. */
const LONGEST = 240;

/**
 * What picks one address per answer by weight, as the content of a LUA record. The weight of a side is shared out evenly over its
 * addresses.
 */
export function luaContent({ type, x, y }: Sides, weight: number): string {
  const item = (share: number) => (target: string) => `{${share},'${type === 'CNAME' ? dotted(target) : target}'}`;
  // So that they are whole numbers, each side's weight is counted in as many parts as the other side has addresses.
  const items = [...x.map(item((100 - weight) * y.length)), ...y.map(item(weight * x.length))];
  const parts: string[] = [];
  let part = 'pickwrandom({';
  for (const [position, text] of items.entries()) {
    const piece = `${text}${position === items.length - 1 ? '})' : ','}`;
    if (part.length + piece.length > LONGEST) {
      parts.push(part);
      part = '';
    }
    part += piece;
  }
  return [type, ...[...parts, part].map((text) => `"${text}"`)].join(' ');
}

/** Percent on Y that the records of a name make; `undefined` if they are none that Crossfade writes. */
export function weightOf(sides: Sides, sets: readonly Rrset[]): number | undefined {
  const { plain, lua } = recordsOf(sides.type, sets);
  if (lua.length > 0) {
    if (plain.length > 0) return undefined;
    const found = new Set(lua.map(comparable));
    const [only, ...more] = found;
    if (only === undefined || more.length > 0) return undefined;
    return PARTIAL.find((weight) => comparable(luaContent(sides, weight)) === only);
  }
  if (sameTargets(plain, sides.x)) return 0;
  return sameTargets(plain, sides.y) ? 100 : undefined;
}

/** For people. */
export function describeRecords(type: Sides['type'], sets: readonly Rrset[]): string {
  const { plain, lua } = recordsOf(type, sets);
  const alias = type === 'CNAME' ? undefined : sets.find((set) => set.type === 'CNAME')?.records[0]?.content;
  if (plain.length + lua.length === 0)
    return alias === undefined ? `no ${type} record` : `CNAME ${alias} and no ${type} record`;
  return [...plain.map((text) => `${type} ${text}`), ...lua.map((text) => `LUA ${text}`)].join(', ');
}

/** What is asked for by clients, whether it is plain or made by LUA. */
export const typesOf = (sets: readonly Rrset[]): string[] =>
  sets.flatMap(({ type, records }) =>
    type === 'LUA' ? records.map(({ content }) => content.split(' ')[0] ?? '') : [type],
  );

export const ttlOf = (type: Sides['type'], sets: readonly Rrset[]): number | undefined =>
  sets.find((set) => set.type === type || isLuaOf(type, set))?.ttl;

/** What turns the records of a name into those of a weight. At 0 and 100 % they are plain ones, which need no LUA. */
export function changesFor(
  name: string,
  sides: Sides & { ttl: number },
  weight: number,
  sets: readonly Rrset[],
): RrsetChange[] {
  const { type, ttl } = sides;
  const lua = sets.find((set) => set.type === 'LUA');
  // Other types of the same name may have LUA records of their own, which are in the same set.
  const others = (lua?.records ?? []).filter(({ content }) => !isOf(type, content));
  const plain = (targets: readonly string[]) =>
    targets.map((target) => ({ content: type === 'CNAME' ? dotted(target) : target }));
  const ours = { plain: weight === 0 ? plain(sides.x) : weight === 100 ? plain(sides.y) : [] };
  // Only a retreat comes here with one: nothing can stand beside it.
  const alias = type !== 'CNAME' && sets.some((set) => set.type === 'CNAME');
  const wanted = [
    { type: 'CNAME', had: alias, records: [] },
    { type, had: sets.some((set) => set.type === type), records: ours.plain },
    {
      type: 'LUA',
      had: lua !== undefined,
      records: [...others, ...(ours.plain.length > 0 ? [] : [{ content: luaContent(sides, weight) }])],
    },
  ];
  return wanted
    .filter(({ had, records }) => had || records.length > 0)
    .sort((a, b) => a.records.length - b.records.length) // what goes away makes room first
    .map(({ type: of, records }) =>
      records.length === 0
        ? { name, type: of, changetype: 'DELETE' }
        : { name, type: of, changetype: 'REPLACE', ttl, records },
    );
}

const PARTIAL = Array.from({ length: 99 }, (_, index) => index + 1);

/** The API takes names with a dot at their end only. */
const dotted = (name: string): string => (name.endsWith('.') ? name : `${name}.`);

const isOf = (type: string, content: string): boolean => content.startsWith(`${type} `);
const isLuaOf = (type: string, { type: of, records }: Rrset): boolean =>
  of === 'LUA' && records.some(({ content }) => isOf(type, content));

/** Disabled records are not served, but would be lost by a change. */
function recordsOf(type: Sides['type'], sets: readonly Rrset[]): { plain: string[]; lua: string[] } {
  const texts = (of: string) =>
    sets
      .filter((set) => set.type === of)
      .flatMap(({ records }) => records.map(({ content, disabled }) => `${content}${disabled ? ' (disabled)' : ''}`));
  return { plain: texts(type), lua: texts('LUA').filter((content) => isOf(type, content)) };
}

const comparable = (content: string): string => content.replaceAll(/"\s+"|\s/g, '');
