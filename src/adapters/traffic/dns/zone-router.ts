import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { TrafficState } from '../../../domain/traffic/state.ts';
import type { TestersChange, TrafficRouter, WeightChange } from '../port.ts';
import { longTtl } from './check-entry.ts';
import { checkApplied, wantedTesters, wantedWeight, type Wanted } from './decide.ts';
import { nextMark, oldAnswersUntil, stateFrom } from './mark.ts';
import type { DnsEntry } from './names.ts';
import { lacksOfResolvers, verifyAnswers } from './verify.ts';
import type { Found, Zone, ZoneChange } from './zone.ts';

/** So often a change is decided anew, when another one was faster. */
const MOST_TRIES = 5;

export interface ZoneRouterOptions {
  /** For people: the name, and where it is changed. */
  readonly place: string;
  /** Every weight that can be made; absent: any. */
  readonly weights?: readonly number[];
  /** What answers may have in them at a weight. */
  readonly answersAt: (weight: number) => readonly string[];
}

/** A name whose records Crossfade writes itself, at whatever kind of server. */
export function createZoneRouter<F extends Found>(
  entry: DnsEntry,
  zone: Zone<F>,
  { place, weights, answersAt }: ZoneRouterOptions,
): TrafficRouter {
  const sides = `X is ${entry.x.join(', ')} and Y is ${entry.y.join(', ')} in the plan`;

  /** Records that are not Crossfade's work are a foreign change. Error `ForeignChange`. */
  function stateOf({ mark, unreadable, weight, has, testers }: Found): TrafficState {
    if (unreadable !== undefined) throw unreadable;
    if (weight === undefined)
      throw new CrossfadeError('ForeignChange', `${place} has ${has}, which this upgrade did not set: ${sides}.`);
    if (mark === undefined && weight !== 0)
      throw new CrossfadeError(
        'ForeignChange',
        `${place} has ${has}, and somebody removed the TXT record that says who set that (${weight} % on Y).`,
      );
    return stateFrom(mark, { weight, ...(entry.testers === undefined ? {} : { testers: testers === 'open' }) });
  }

  function decideOn(found: Found, change: WeightChange): Wanted | undefined {
    const done = found.mark?.epoch === change.epoch && found.mark.weight === change.weight;
    if (done && found.weight !== change.weight)
      throw new CrossfadeError(
        'ForeignChange',
        `${place} has ${found.has} now, while the TXT record says that ${change.weight} % was set on Y: somebody changed it after that.`,
      );
    // A retreat overwrites whatever it finds, if its epoch is newer; what can't be read is no reason to leave the traffic on Y.
    if (change.expected !== undefined || change.epoch <= (found.mark?.epoch ?? 0))
      return wantedWeight(place, stateOf(found), change);
    const { upgrade, epoch, weight } = change;
    return { by: upgrade.runId, epoch, weight, testers: found.testers === 'open' };
  }

  async function change(of: ZoneChange['of'], decide: (found: F) => Wanted | undefined): Promise<TrafficState> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const found = await zone.read();
      const wanted = decide(found);
      if (wanted === undefined) return stateOf(found);
      const mark = nextMark(found.mark, wanted, of === 'weight' ? [found.ttl ?? 0, entry.ttl] : []);
      if (await zone.write(found, { mark, of })) return checkApplied(place, stateOf(await zone.read()), wanted);
    }
    throw new CrossfadeError('BalancerBusy', `${place} was changed by somebody else ${MOST_TRIES} times in a row.`);
  }

  async function setTesters(testers: TestersChange): Promise<TrafficState> {
    return change('testers', (found) => {
      if (found.testers === 'taken') throw testersTaken('ForeignChange');
      return wantedTesters(place, stateOf(found), testers);
    });
  }

  const testersTaken = (code: 'ForeignChange' | 'BalancerNotPrepared') =>
    new CrossfadeError(
      code,
      `The testers' name ${entry.testers?.host ?? ''} stands for something else than Y already (a wildcard of the zone may answer for it). Remove its records, or give the plan another name.`,
    );

  return {
    async describe() {
      const found = await zone.read();
      if (found.unreadable !== undefined) throw found.unreadable;
      if (found.weight === undefined)
        throw new CrossfadeError(
          'BalancerNotPrepared',
          `${place} has ${found.has}, but ${sides}. Give it ${entry.type} records of exactly X's ${entry.type === 'CNAME' ? 'name' : 'addresses'}, or correct the plan.`,
        );
      if (found.testers === 'taken') throw testersTaken('BalancerNotPrepared');
      const lacks = [
        ...(await zone.prepared(found)),
        ...longTtl(found.ttl ?? 0, entry),
        ...(await lacksOfResolvers(entry, answersAt(found.weight))),
      ];
      return { driver: entry.via, place, ...(weights === undefined ? {} : { weights }), lacks };
    },

    current: async () => stateOf(await zone.read()),

    async set(wanted) {
      if (weights?.includes(wanted.weight) === false)
        throw new CrossfadeError(
          'WeightImpossible',
          `${place} can't have ${wanted.weight} % on Y; with the plan's addresses it can have ${weights.join(', ')} %.`,
        );
      await zone.canServe?.(wanted.weight);
      return change('weight', (found) => decideOn(found, wanted));
    },

    async verify(weight, watch) {
      const found = await zone.read();
      if (found.weight !== weight) return { agrees: false, what: `${place} has ${found.has}` };
      // It would say for how long old answers are right.
      if (found.unreadable !== undefined) return { agrees: false, what: found.unreadable.message };
      return verifyAnswers(entry, { targets: answersAt(weight), from: oldAnswersUntil(found.mark) }, watch);
    },

    ...(entry.testers === undefined ? {} : { setTesters }),
  };
}
