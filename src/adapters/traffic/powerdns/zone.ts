import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import { checkEntry, otherFamily } from '../dns/check-entry.ts';
import { markText, tryMark } from '../dns/mark.ts';
import { absoluteName, markName } from '../dns/names.ts';
import type { Found, Zone } from '../dns/zone.ts';
import type { PowerdnsApi, Rrset, RrsetChange, ZoneAnswer } from './api.ts';
import { changesFor, describeRecords, ttlOf, typesOf, weightOf } from './records.ts';

/** So often it is read again, if it changes while it is read. */
const MOST_READS = 5;

export interface PowerdnsFound extends Found {
  readonly sets: readonly Rrset[];
  readonly zone: Pick<ZoneAnswer, 'kind' | 'soa_edit_api'>;
}

/**
 * The plan's names in a zone of PowerDNS. Its API has no conditional requests (up to version 5.0 at least), so that nothing but the short
 * time between `read` and `write` guards against a change in between.
 */
export function createPowerdnsZone(
  entry: EntryVia<'powerdns'>,
  planned: readonly number[],
  api: PowerdnsApi,
): Zone<PowerdnsFound> {
  const { zone, record, type, ttl, testers } = entry;
  const mark = markName(entry);
  const atMark = { name: absoluteName(mark), type: 'TXT' };
  const split = planned.some(isSplit);

  async function markStrings(): Promise<string[]> {
    const texts = (await api.zone(mark)).rrsets.filter((set) => set.type === 'TXT').flatMap(({ records }) => records);
    // Changes at the same moment can leave a record twice.
    return [...new Set(texts.map(({ content }) => content.replaceAll(/^"|"$/g, '')))];
  }

  /** Each name is a request of its own: what is read around a change is read again. */
  async function readTogether() {
    let before = await markStrings();
    for (let reads = 0; reads < MOST_READS; reads++) {
      const theirs = testers === undefined ? [] : (await api.zone(testers.host)).rrsets;
      const { rrsets: sets, ...ofZone } = await api.zone(record);
      const after = await markStrings();
      if (after.join() === before.join()) return { strings: after, sets, theirs, zone: ofZone };
      before = after;
    }
    throw new CrossfadeError('BalancerBusy', `${record} at PowerDNS changes all the time.`);
  }

  async function checkLua(): Promise<void> {
    if (await api.luaRecords()) return;
    throw new CrossfadeError(
      'BalancerNotPrepared',
      `PowerDNS at ${entry.api} does not obey LUA records, and shares between 0 and 100 % need them: set \`enable-lua-records=yes\` in pdns.conf there, and on the secondary servers of ${zone}, then restart them.`,
    );
  }

  return {
    async read() {
      checkEntry(entry);
      const { strings, sets, theirs, zone: ofZone } = await readTogether();
      return {
        ...tryMark(mark, strings),
        weight: weightOf(entry, sets),
        has: describeRecords(type, sets),
        ttl: ttlOf(type, sets),
        testers: theirs.length === 0 ? 'closed' : weightOf(entry, theirs) === 100 ? 'open' : 'taken',
        sets,
        zone: ofZone,
      };
    },

    async write({ sets, zone: { kind } }, { mark: next, of }) {
      const records = of === 'weight' ? changesFor(absoluteName(record), entry, next.weight, sets) : testersChange();
      const text = { content: `"${markText(next)}"` };
      await api.patch([...records, { ...atMark, changetype: 'REPLACE', ttl, records: [text] }]);
      // By itself it tells them at its next turn, a minute later by default. The change is made, whether they can be told or not.
      if (isPrimary(kind)) await api.notify().catch(() => undefined);
      return true;

      function testersChange(): RrsetChange[] {
        if (testers === undefined) return [];
        const at = { name: absoluteName(testers.host), type };
        if (!next.testers) return [{ ...at, changetype: 'DELETE' }];
        return changesFor(at.name, entry, 100, []);
      }
    },

    async prepared({ sets, zone: { kind, soa_edit_api } }) {
      if (/^(slave|secondary|consumer)$/i.test(kind))
        throw new CrossfadeError(
          'BalancerNotPrepared',
          `The zone ${zone} is a copy there (${kind}): give the plan the API of its primary server.`,
        );
      if (isPrimary(kind) && soa_edit_api === '')
        throw new CrossfadeError(
          'BalancerNotPrepared',
          `Secondary servers of ${zone} would never hear of a change: its serial is not counted up by the API. Set it with \`pdnsutil set-meta ${zone} SOA-EDIT-API DEFAULT\`.`,
        );
      if (split) await checkLua();
      return otherFamily(entry, typesOf(sets));
    },

    canServe: async (weight) => void (isSplit(weight) && (await checkLua())),
  };
}

const isPrimary = (kind: string): boolean => /^(master|primary|producer)$/i.test(kind);

const isSplit = (weight: number): boolean => weight > 0 && weight < 100;
