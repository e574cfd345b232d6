import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import { addressesFor, weightsOfAddresses } from '../../../domain/traffic/address-shares.ts';
import { checkEntry, otherFamily } from '../dns/check-entry.ts';
import { markText, tryMark } from '../dns/mark.ts';
import { absoluteName, markName, NEVER_THERE, plainName, sameTargets } from '../dns/names.ts';
import type { Found, Zone } from '../dns/zone.ts';
import { dig, type DnsRecord } from './dig.ts';
import { sendUpdate, type Prerequisite, type UpdateDeps } from './update.ts';

/** So often it is read again, if it changes while it is read. */
const MOST_READS = 5;

export interface UpdatedFound extends Found {
  /** All that was read, by name and type asked for. */
  readonly sets: readonly Prerequisite[];
}

/**
 * The plan's names in a zone that takes dynamic updates. The server itself makes sure that what was read is still there when it changes it, so
 * two changes at the same moment can't be mixed up.
 */
export function createUpdatedZone(entry: EntryVia<'rfc2136'>, deps: UpdateDeps): Zone<UpdatedFound> {
  const { zone, record, type, ttl, y, testers, server } = entry;
  const mark = { name: absoluteName(markName(entry)), type: 'TXT' };
  const name = absoluteName(record);
  const testersName = testers === undefined ? undefined : absoluteName(testers.host);
  const questions = [mark, { name, type }, ...(testersName === undefined ? [] : [{ name: testersName, type }])];

  /** One question each: what is read around a change is read again. */
  async function readTogether(): Promise<Prerequisite[]> {
    for (let reads = 0; reads < MOST_READS; reads++) {
      const answers = await dig(server, deps.path, [...questions, mark]);
      if (!answers.every(({ authoritative }) => authoritative))
        throw new CrossfadeError(
          'BalancerNotPrepared',
          `The DNS server ${server} does not have the zone ${zone} itself. Give the plan its primary server.`,
        );
      const sets = answers.map(({ records }, position) => {
        const asked = questions[position] ?? mark;
        return { ...asked, records: records.filter((one) => one.name === plainName(asked.name)) };
      });
      const again = sets.pop();
      if (dataOf(again) === dataOf(sets[0])) return sets;
    }
    throw new CrossfadeError('BalancerBusy', `${record} at ${server} changes all the time.`);
  }

  function recordLines(weight: number, found: readonly DnsRecord[]): string[] {
    const types = new Set([type, ...found.map((one) => one.type)]);
    return [...types].map((of) => `delete ${name} ${of}`).concat(addLines(name, addressesFor(weight, entry) ?? []));
  }

  function testersLines(open: boolean): string[] {
    if (testersName === undefined) return [];
    return [`delete ${testersName} ${type}`, ...(open ? addLines(testersName, y) : [])];
  }

  const addLines = (to: string, targets: readonly string[]) =>
    targets.map((target) => `add ${to} ${ttl} ${type} ${type === 'CNAME' ? absoluteName(target) : target}`);

  const isY = (records: readonly DnsRecord[]) => sameTargets(targetsOf(records, type), y);

  return {
    async read() {
      checkEntry(entry);
      const sets = await readTogether();
      const [marks = [], records = [], theirs = []] = sets.map((set) => set.records);
      const targets = targetsOf(records, type);
      return {
        ...tryMark(plainName(mark.name), marks.map(textOf)),
        weight: weightsOfAddresses(entry).find((one) => sameTargets(targets, addressesFor(one, entry) ?? [])),
        has: records.map((one) => `${one.type} ${one.data}`).join(', ') || `no ${type} record`,
        ttl: records[0]?.ttl,
        testers: theirs.length === 0 ? 'closed' : isY(theirs) ? 'open' : 'taken',
        sets,
      };
    },

    write({ sets }, { mark: next, of }) {
      const lines = of === 'weight' ? recordLines(next.weight, sets[1]?.records ?? []) : testersLines(next.testers);
      const text = [`delete ${mark.name} TXT`, `add ${mark.name} ${ttl} TXT "${markText(next)}"`];
      return sendUpdate(entry, { prerequisites: sets, lines: [...lines, ...text] }, deps);
    },

    /** What the key may is only known by using it. */
    async prepared({ sets }) {
      const lines = sets.map((set) => {
        const never = set.type === 'TXT' ? '"crossfade check"' : NEVER_THERE[type];
        return set.records.some(({ data }) => data === never) ? [] : [`delete ${set.name} ${set.type} ${never}`];
      });
      if (!(await sendUpdate(entry, { prerequisites: sets, lines: lines.flat() }, deps)))
        throw new CrossfadeError('BalancerBusy', `${record} at ${server} was changed while it was looked at.`);
      const answers = await dig(server, deps.path, [
        { name, type: 'A' },
        { name, type: 'AAAA' },
      ]);
      const there = answers.flatMap(({ records }) => records.filter((one) => one.name === plainName(name)));
      const types = there.map((one) => one.type);
      return otherFamily(entry, types);
    },
  };
}

const targetsOf = (records: readonly DnsRecord[], type: string): string[] =>
  records.filter((one) => one.type === type).map(({ data }) => data);

/** The text of a TXT record, which may come in several strings. */
const textOf = ({ data }: DnsRecord): string => data.replaceAll(/^"|"$/g, '').replaceAll('" "', '');

const dataOf = (set: Prerequisite | undefined): string => (set?.records ?? []).map(({ data }) => data).join('\n');
