import type { Change } from '@aws-sdk/client-route-53';
import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import type { TrafficState } from '../../../domain/traffic/state.ts';
import { checkApplied, wantedTesters, wantedWeight, type Wanted } from '../dns/decide.ts';
import { nextMark, type Mark } from '../dns/mark.ts';
import { lacksOfResolvers, targetsAt, verifyAnswers } from '../dns/verify.ts';
import type { TestersChange, TrafficRouter } from '../port.ts';
import { withZone, type ZoneApi } from './api.ts';
import { harmlessChange, testersChanges, weightChanges } from './changes.ts';
import { strangersIn } from './pair.ts';
import { checkNames, checkPair, checkTesters, lacksOf, placeOf } from './prepared.ts';
import { readZone, stateInSpite, stateOf, type Found } from './read.ts';
import { oldAnswersEnd, type Submitted } from './spread.ts';

/** Each time that a batch does not fit, another change has come in between. */
const TRIES = 5;

/**
 * Two weighted record sets of Route 53. A change is one batch that deletes exactly what was read, so that of two at once one fails.
 *
 * @param submitted the changes of this worker; what Route 53 is asked about when a weight is verified
 */
export function createRoute53Router(entry: EntryVia<'route53'>, submitted: Map<string, Submitted>): TrafficRouter {
  const place = placeOf(entry);

  /** Reads, decides, changes, reads again; from the beginning when somebody was faster. */
  async function change(
    api: ZoneApi,
    decide: (found: Found, now: TrafficState) => Wanted | undefined,
    changes: (found: Found, mark: Mark) => Change[],
    ttls: (found: Found) => readonly number[],
    stateFor = stateOf,
  ): Promise<TrafficState> {
    for (let tries = 1; ; tries++) {
      const found = await readZone(api, entry);
      const now = stateFor(entry, found);
      const wanted = decide(found, now);
      if (wanted === undefined) return now;
      const mark = nextMark(found.mark, wanted, ttls(found));
      const outcome = await api.change(changes(found, mark));
      if ('id' in outcome) {
        submitted.set(place, { epoch: mark.epoch, by: mark.by, id: outcome.id });
        const after = await readZone(api, entry);
        checkAlone(after);
        return checkApplied(place, stateOf(entry, after), wanted);
      }
      const same = JSON.stringify(await readZone(api, entry)) === JSON.stringify(found);
      if (same) throw new CrossfadeError('BalancerRefused', `${place} was not changed: ${outcome.refused}`);
      if (tries === TRIES)
        throw new CrossfadeError('BalancerBusy', `${place} was changed by others at the same time, ${TRIES} times.`);
    }
  }

  /** A retreat goes on in spite of them, as far as it can. */
  function checkAlone({ sets }: Found): void {
    const names = strangersIn(entry, sets).map(({ SetIdentifier }) => `"${SetIdentifier}"`);
    if (names.length === 0) return;
    throw new CrossfadeError(
      'ForeignChange',
      `${place} was set, and other record sets of this name take their share beside it: ${names.join(', ')}.`,
    );
  }

  const setTesters = ({ open, ...of }: TestersChange): Promise<TrafficState> =>
    withZone(entry, (api) =>
      change(
        api,
        (found, now) => {
          checkTesters(entry, found);
          return wantedTesters(place, now, { open, ...of });
        },
        (found, mark) => testersChanges(entry, found, mark),
        () => [],
      ),
    );

  return {
    describe: () =>
      withZone(entry, async (api) => {
        checkNames(entry, (await api.zone()).name);
        const found = await readZone(api, entry);
        checkPair(entry, found);
        checkTesters(entry, found);
        // What may not be done is better known before the first step.
        await api.change(harmlessChange(entry));
        await api.status('C00000000000000000000');
        const { weight } = stateOf(entry, found);
        const lacks = [...lacksOf(entry, found), ...(await lacksOfResolvers(entry, targetsAt(entry, weight)))];
        return { driver: 'route53', place, lacks };
      }),

    current: () =>
      withZone(entry, async (api) => {
        const found = await readZone(api, entry);
        if (!found.sets.some(({ Type }) => Type === entry.type)) checkPair(entry, found);
        return stateOf(entry, found);
      }),

    set: ({ expected, ...of }) =>
      withZone(entry, (api) =>
        change(
          api,
          (found, now) => {
            const wanted = wantedWeight(place, now, { ...of, ...(expected === undefined ? {} : { expected }) });
            // A retreat makes the pair anew, whatever somebody made of it.
            if (wanted !== undefined && expected !== undefined) checkPair(entry, found);
            return wanted;
          },
          (found, mark) => weightChanges(entry, found, mark),
          ({ sets }) => [entry.ttl, ...sets.filter((set) => set.Type === entry.type).map(({ TTL = 0 }) => TTL)],
          expected === undefined ? stateInSpite : stateOf,
        ),
      ),

    verify: (weight, options) =>
      withZone(entry, async (api) => {
        const deadline = Date.now() + options.within;
        const found = await readZone(api, entry);
        const now = stateOf(entry, found);
        if (now.weight !== weight) return { agrees: false, what: `${place} has ${now.weight} % on Y` };
        const from = await oldAnswersEnd(api, found.mark, submitted.get(place), options);
        if (from === undefined) return { agrees: false, what: 'Route 53 still spreads the change to its servers' };
        const expected = { targets: targetsAt(entry, weight), from };
        return verifyAnswers(entry, expected, { ...options, within: deadline - Date.now() });
      }),

    ...(entry.testers === undefined ? {} : { setTesters }),
  };
}
