import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TrafficRouter } from '../../src/adapters/traffic/port.ts';
import type { TrafficState } from '../../src/domain/traffic/state.ts';
import type { UpgradeRef } from '../../src/domain/upgrade.ts';

/** A real balancer, prepared and running by the time the cases run. It is left with everything on X. */
export interface DriverUnderTest {
  /** A new router on the same balancer: what a worker has after a crash. */
  router(): TrafficRouter;
  /** Weights of the plan besides 0, ascending; two at least, or 100 alone. */
  readonly weights: readonly number[];
  /** A node of Y that can be taken out, where the driver has `setOut`. */
  readonly node?: string;
  /** The driver has `setTesters`. */
  readonly testers?: true;
  /** Stops the balancer and starts it again; what a person would expect to be kept is kept. */
  restart?(): Promise<void>;
  /** Somebody sets another weight, past the driver. */
  foreign?(weight: number): Promise<void>;
  /** Of the property test. */
  readonly runs: number;
}

const upgrade = (runId: string): UpgradeRef => ({
  cluster: 'test',
  workflowId: 'kong/test',
  runId,
  startedAt: '2026-01-01T00:00:00.000Z',
});
const mine = upgrade('11111111-1111-4111-8111-111111111111');
const theirs = upgrade('22222222-2222-4222-8222-222222222222');
const code = (name: string) => expect.objectContaining({ code: name }) as Error;
/** Half a minute, in milliseconds. */
const WITHIN = 30_000;

/** What every driver must show, against its real server. */
export function driverCases(name: string, driver: DriverUnderTest): void {
  const { weights, node } = driver;
  const [first, last] = [weights[0] ?? 100, weights.at(-1) ?? 100];
  const set = (weight: number, epoch: number, expected?: number, by = mine) =>
    driver.router().set({ upgrade: by, weight, epoch, ...(expected === undefined ? {} : { expected }) });
  const current = () => driver.router().current();
  /** Everything on X, by a newer epoch than any before. */
  async function begin(): Promise<number> {
    const epoch = (await current()).epoch + 1;
    expect(await set(0, epoch)).toMatchObject({ weight: 0, epoch, by: mine.runId });
    return epoch;
  }

  describe(`${name}: what every driver must show`, () => {
    test('says what it is able to do, and can make every weight of the plan', async () => {
      const { weights: can, place, lacks = [] } = await driver.router().describe();
      expect(place).not.toBe('');
      expect(lacks).toEqual([]);
      if (can !== undefined) expect(can).toEqual(expect.arrayContaining([0, ...weights]));
    });

    test('every step forward; each call may be repeated; what carries the traffic agrees', async () => {
      let epoch = await begin();
      let before = 0;
      for (const weight of weights) {
        epoch += 1;
        const after = await set(weight, epoch, before);
        expect(after).toMatchObject({ weight, epoch, by: mine.runId, out: [] });
        expect(await set(weight, epoch, before)).toEqual(after);
        expect(await current()).toEqual(after);
        expect(await driver.router().verify(weight, { within: WITHIN })).toMatchObject({ agrees: true });
        expect(await driver.router().verify(before, { within: 0 })).toMatchObject({ agrees: false });
        before = weight;
      }
    });

    test('a rollback from each step is one call, and may be repeated', async () => {
      for (const weight of weights) {
        const epoch = await begin();
        await set(weight, epoch + 1, 0);
        const after = await set(0, epoch + 2);
        expect(after).toMatchObject({ weight: 0, epoch: epoch + 2 });
        expect(await set(0, epoch + 2)).toEqual(after);
        expect(await driver.router().verify(0, { within: WITHIN })).toMatchObject({ agrees: true });
      }
    });

    test('a worker that died before it read back: the next one repeats the call', async () => {
      const epoch = await begin();
      // The answer of the first is lost with it.
      await set(last, epoch + 1, 0);
      expect(await set(last, epoch + 1, 0)).toMatchObject({ weight: last, epoch: epoch + 1 });
      await set(0, epoch + 2);
      expect(await set(0, epoch + 2)).toMatchObject({ weight: 0, epoch: epoch + 2 });
    });

    test('a worker that was cut off: an older epoch is refused, and the same with another weight', async () => {
      const epoch = await begin();
      const now = await set(first, epoch + 2, 0);
      await expect(set(0, epoch + 1)).rejects.toEqual(code('StaleEpoch'));
      await expect(set(first, epoch + 1, first)).rejects.toEqual(code('StaleEpoch'));
      await expect(set(0, epoch + 2)).rejects.toEqual(code('StaleEpoch'));
      if (last !== first) await expect(set(last, epoch + 2, first)).rejects.toEqual(code('StaleEpoch'));
      expect(await current()).toEqual(now);
    });

    test('another upgrade takes over with a newer epoch, from the weight that it expects', async () => {
      const epoch = await begin();
      const now = await set(first, epoch + 1, 0);
      await expect(set(first, epoch + 1, undefined, theirs)).rejects.toEqual(code('ForeignChange'));
      await expect(set(last, epoch + 2, 0, theirs)).rejects.toEqual(code('ForeignChange'));
      expect(await current()).toEqual(now);
      const taken = { weight: 0, epoch: epoch + 2, by: theirs.runId };
      expect(await set(0, epoch + 2, first, theirs)).toMatchObject(taken);
      await expect(set(first, epoch + 1)).rejects.toEqual(code('StaleEpoch'));
      await expect(set(first, epoch + 2)).rejects.toEqual(code('ForeignChange'));
      expect(await current()).toMatchObject(taken);
    });

    test('several at once: the newest epoch is never undone by an older one', async () => {
      const epoch = await begin();
      const newest = epoch + 4;
      const at = (later: number) => set(epoch + later === newest ? last : 0, epoch + later);
      const results = await Promise.allSettled([3, 1, 4, 2].map(at));
      // A driver may refuse one that met another at work; a repeat then does it.
      if (results[2]?.status === 'rejected') await set(last, newest);
      expect(await current()).toMatchObject({ weight: last, epoch: newest });
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toHaveProperty('code', expect.any(String));
    });

    if (driver.foreign !== undefined)
      test("somebody else's change is found, not overwritten by a step, and overwritten by a retreat", async () => {
        const epoch = await begin();
        await set(first, epoch + 1, 0);
        const foreign = first === last ? 0 : last;
        await driver.foreign?.(foreign);
        expect((await current()).weight).toBe(foreign);
        expect(await driver.router().verify(first, { within: 0 })).toMatchObject({ agrees: false });
        await expect(set(last, epoch + 2, first)).rejects.toEqual(code('ForeignChange'));
        expect((await current()).weight).toBe(foreign);
        expect(await set(0, epoch + 3)).toMatchObject({ weight: 0, epoch: epoch + 3, by: mine.runId });
      });

    if (driver.restart !== undefined)
      test('a restart of the balancer keeps the weight, and whose it is', async () => {
        const epoch = await begin();
        const now = await set(first, epoch + 1, 0);
        await driver.restart?.();
        expect(await current()).toEqual(now);
        expect(await set(first, epoch + 1, 0)).toEqual(now);
        await expect(set(last, epoch)).rejects.toEqual(code('StaleEpoch'));
        expect(await set(last, epoch + 2, first)).toMatchObject({ weight: last, epoch: epoch + 2 });
        await driver.restart?.();
        expect(await set(0, epoch + 3)).toMatchObject({ weight: 0 });
      });

    if (node !== undefined)
      test('one node out and back in; the share stays', async () => {
        const epoch = await begin();
        const move = async (out: boolean, at: number, by = mine): Promise<TrafficState> => {
          const router = driver.router();
          if (router.setOut === undefined) throw new Error(`${name} has no setOut`);
          return router.setOut({ upgrade: by, node, out, epoch: at });
        };
        await set(last, epoch + 1, 0);
        const out = { weight: last, out: [node], epoch: epoch + 2, by: mine.runId };
        expect(await move(true, epoch + 2)).toMatchObject(out);
        expect(await move(true, epoch + 2)).toMatchObject(out);
        expect(await current()).toMatchObject(out);
        await expect(move(false, epoch + 1)).rejects.toEqual(code('StaleEpoch'));
        await expect(move(false, epoch + 2, theirs)).rejects.toEqual(code('ForeignChange'));
        // A retreat while a node is out does not put it back.
        expect(await set(first, epoch + 3)).toMatchObject({ weight: first, out: [node] });
        expect(await move(false, epoch + 4)).toMatchObject({ weight: first, out: [], epoch: epoch + 4 });
        expect(await move(false, epoch + 4)).toMatchObject({ weight: first, out: [], epoch: epoch + 4 });
        expect(await driver.router().verify(first, { within: WITHIN })).toMatchObject({ agrees: true });
      });

    if (driver.testers === true)
      test('the way of testers opens and closes, and leaves the weight alone', async () => {
        const epoch = await begin();
        const move = async (open: boolean, at: number): Promise<TrafficState> => {
          const router = driver.router();
          if (router.setTesters === undefined) throw new Error(`${name} has no setTesters`);
          return router.setTesters({ upgrade: mine, open, epoch: at });
        };
        expect(await move(true, epoch + 1)).toMatchObject({ weight: 0, testers: true, epoch: epoch + 1 });
        expect(await move(true, epoch + 1)).toMatchObject({ weight: 0, testers: true });
        expect(await set(first, epoch + 2, 0)).toMatchObject({ weight: first, testers: true });
        await expect(move(false, epoch + 1)).rejects.toEqual(code('StaleEpoch'));
        expect(await move(false, epoch + 3)).toMatchObject({ weight: first, testers: false, epoch: epoch + 3 });
        expect(await current()).toMatchObject({ weight: first, testers: false });
      });

    const call = fc.record({
      weight: fc.constantFrom(0, ...weights),
      ahead: fc.integer({ min: -2, max: 3 }),
      by: fc.constantFrom(mine, mine, theirs),
      expects: fc.constantFrom('nothing', 'what is there', 'something else'),
      /** `crash`: the worker dies with the answer unread; what comes next repeats the call. */
      what: fc.constantFrom('set', 'crash', 'rollback'),
    });
    test('whatever sequence of set, crash, retry, late call and rollback: a weight of the plan, and all on X after a rollback', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 6 }), async (calls) => {
          await begin();
          for (const { weight, ahead, by, expects, what } of calls) {
            const now = await current();
            if (what === 'rollback') {
              expect(await set(0, now.epoch + 1, undefined, by)).toMatchObject({ weight: 0, by: by.runId });
              continue;
            }
            const epoch = now.epoch + ahead;
            const other = now.weight === last ? 0 : last;
            const expected = { nothing: undefined, 'what is there': now.weight, 'something else': other }[expects];
            const takes = ahead > 0 && (expected === undefined || expected === now.weight);
            const repeats = ahead === 0 && weight === now.weight && by.runId === now.by;
            const outcome = await set(weight, epoch, expected, by).catch((error: unknown) => error);
            // A retreat that finds everything on X is done, however late it comes, and whoever did it.
            const done = weight === 0 && now.weight === 0 && expected === undefined && !takes && !repeats;
            if (done) expect(outcome).toEqual(now);
            else if (takes || repeats) expect(outcome).toMatchObject({ weight, epoch, by: by.runId });
            else expect(outcome).toHaveProperty('code', expect.stringMatching(/^(StaleEpoch|ForeignChange)$/));
            // Whoever comes after the crash does not know whether it was done.
            if (what === 'crash' && (takes || repeats)) await set(weight, epoch, expected, by);
            expect(await current()).toMatchObject(takes ? { weight, epoch, by: by.runId } : now);
          }
          await begin();
        }),
        { numRuns: driver.runs },
      );
    });
  });
}
