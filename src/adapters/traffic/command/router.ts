import { setTimeout as sleep } from 'node:timers/promises';
import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import type { Balancer } from '../../../domain/traffic/balancers.ts';
import { decideOut, decideWeight, type ChangeDecision } from '../../../domain/traffic/change.ts';
import type { TrafficState, Verification } from '../../../domain/traffic/state.ts';
import type { OutChange, TrafficRouter, VerifyOptions, WeightChange } from '../port.ts';
import { parseState, parseVerification } from './answers.ts';
import { createRunProgram, type ProgramDeps } from './program.ts';

const VERIFY_EVERY = 1_000;

interface Change {
  readonly argv: readonly string[];
  readonly args: Readonly<Record<string, string | number>>;
  readonly decide: (now: TrafficState) => ChangeDecision;
  readonly wanted: (now: TrafficState) => TrafficState;
  /** Called again although the state is as it should be: its program ends later than that, or failed after it. */
  readonly again?: boolean;
}

/**
 * The user's own programs. They keep the epoch, and compare it under a lock of their own; what they say is in force is checked before a
 * change and read again after it, by a run of `read` of its own.
 */
export function createCommandRouter(
  entry: EntryVia<'command'>,
  { name }: Pick<Balancer, 'name'>,
  deps: ProgramDeps & { readonly limit?: number },
): TrafficRouter {
  const run = createRunProgram(deps, { name, ...(deps.limit === undefined ? {} : { limit: deps.limit }) });
  const nodes = entry.out !== undefined && entry.in !== undefined;
  const asState = (text: string) => parseState(text, { nodes });
  const read = (): Promise<TrafficState> => run(entry.read, {}, asState);

  async function change({ argv, args, decide, wanted, again = false }: Change): Promise<TrafficState> {
    const before = await read();
    const decision = decide(before);
    if (decision.do === 'refuse') throw refused(decision);
    if (decision.do === 'nothing' && !again) return before;
    await run(argv, args, asState);
    const after = await read();
    const next = wanted(before);
    if (same(after, next)) return after;
    // Another change was faster: the program has left what it found.
    const now = decide(after);
    if (now.do === 'refuse') throw refused(now);
    throw new CrossfadeError(
      'WeightNotApplied',
      `${name}: ${describe(next)} was asked for, the program ended with code 0, and \`read\` says ${describe(after)}.`,
    );
  }

  const refused = ({ code, why }: Extract<ChangeDecision, { do: 'refuse' }>): CrossfadeError =>
    new CrossfadeError(code, `${name}: the traffic was not changed: ${why}.`);

  async function look(weight: number, signal: AbortSignal | undefined): Promise<Verification> {
    if (entry.verify !== undefined) return run(entry.verify, { weight }, parseVerification, signal);
    const now = await run(entry.read, {}, asState, signal);
    return { agrees: now.weight === weight, what: `\`read\` says ${now.weight} % on Y` };
  }

  return {
    async describe() {
      await read();
      const lacks = nodes ? [] : ['the plan has no programs `out` and `in`: no node can be taken out of the balancer.'];
      return { driver: 'command', place: entry.read.join(' '), lacks };
    },

    current: read,

    set: ({ upgrade, weight, epoch, expected }: WeightChange) => {
      const by = upgrade.runId;
      const before = expected === undefined ? {} : { expected };
      return change({
        argv: entry.set,
        args: { weight, epoch, upgrade: by, ...before },
        decide: (now) => decideWeight(now, { by, weight, epoch, ...before }),
        wanted: ({ out }) => ({ weight, out, epoch, by }),
      });
    },

    async verify(weight, { within, report, signal }: VerifyOptions) {
      const deadline = performance.now() + within;
      for (;;) {
        const seen = await look(weight, signal);
        report?.(seen.what);
        if (seen.agrees || performance.now() + VERIFY_EVERY > deadline) return seen;
        await sleep(VERIFY_EVERY, undefined, { ...(signal === undefined ? {} : { signal }) });
      }
    },

    ...(entry.out === undefined || entry.in === undefined ? {} : { setOut: setOut({ out: entry.out, in: entry.in }) }),
  };

  function setOut(programs: Readonly<Record<'out' | 'in', readonly string[]>>) {
    return ({ upgrade, node, out, epoch }: OutChange): Promise<TrafficState> => {
      const by = upgrade.runId;
      return change({
        argv: programs[out ? 'out' : 'in'],
        args: { node, epoch, upgrade: by },
        decide: (now) => decideOut(now, { by, node, out, epoch }),
        again: true,
        wanted: (now) => ({
          weight: now.weight,
          out: [...now.out.filter((one) => one !== node), ...(out ? [node] : [])],
          epoch,
          by,
        }),
      });
    };
  }
}

const same = (a: TrafficState, b: TrafficState): boolean =>
  a.weight === b.weight && a.epoch === b.epoch && a.by === b.by && list(a.out) === list(b.out);

const list = (out: readonly string[]): string => [...out].sort().join();

const describe = ({ weight, out, epoch, by = 'nobody' }: TrafficState): string =>
  `${weight} % on Y, out: ${out.join(', ') || 'none'}, epoch ${epoch} by ${by}`;
