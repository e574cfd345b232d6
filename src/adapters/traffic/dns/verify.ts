import type { Verification } from '../../../domain/traffic/state.ts';
import type { VerifyOptions } from '../port.ts';
import { plainTarget, type DnsEntry } from './names.ts';
import { pause } from './pause.ts';
import { ask } from './resolver.ts';

/** So many answers of each resolver in a row must be right: behind one address there are often several, each with a cache of its own. */
const ENOUGH = 5;
/** Milliseconds between two rounds of questions: while all is well, and after a wrong answer. */
const PAUSE = { well: 150, wrong: 1_000 };

/** What an answer may have in it at a weight. In between both sides are right, since each answer is drawn for itself. */
export function targetsAt({ x, y }: Pick<DnsEntry, 'x' | 'y'>, weight: number): readonly string[] {
  if (weight === 0) return x;
  return weight === 100 ? y : [...x, ...y];
}

/**
 * Waits until no resolver can rightly give an answer from before the change, then asks each resolver of the plan until nothing contradicts the
 * weight. Ends early when the budget can't be enough. Throws the reason of `signal` when that is aborted.
 */
export async function verifyAnswers(
  { record, type, resolvers }: Pick<DnsEntry, 'record' | 'type' | 'resolvers'>,
  expected: {
    /** Everything that an answer may have in it. */
    readonly targets: readonly string[];
    /** When the last answer from before the change is over, in milliseconds since 1970. */
    readonly from: number;
  },
  { within, report, signal }: VerifyOptions,
): Promise<Verification> {
  const deadline = Date.now() + within;
  const wait = Math.ceil((expected.from - Date.now()) / 1_000);
  if (expected.from > deadline)
    return {
      agrees: false,
      what: `resolvers may keep the old answer for ${wait} s more, and there are ${Math.floor(within / 1_000)} s`,
    };
  if (wait > 0) report?.(`resolvers may keep the old answer for ${wait} s more`);
  await pause(expected.from - Date.now(), signal);
  if (resolvers.length === 0) return { agrees: true, what: 'old answers are over (the plan names no resolver to ask)' };

  const allowed = new Set(expected.targets.map(plainTarget));
  const right = new Map(resolvers.map((server) => [server, 0]));
  for (;;) {
    const wrong = await Promise.all(
      resolvers.map(async (server) => {
        const fault = await faultOf(server, { record, type }, allowed);
        right.set(server, fault === undefined ? (right.get(server) ?? 0) + 1 : 0);
        return fault === undefined ? [] : [`${server} ${fault}`];
      }),
    );
    const faults = wrong.flat();
    const what = [
      `${resolvers.length - faults.length} of ${resolvers.length} resolvers answer with it`,
      ...faults,
    ].join('; ');
    if ([...right.values()].every((count) => count >= ENOUGH)) return { agrees: true, what };
    const next = faults.length === 0 ? PAUSE.well : PAUSE.wrong;
    if (Date.now() + next > deadline)
      return { agrees: false, what: faults.length === 0 ? `${what}, but were not asked often enough` : what };
    report?.(what);
    await pause(next, signal);
  }
}

/** Which resolvers of the plan do not answer with what is in force: better known before the first step than after it. */
export async function lacksOfResolvers(
  { record, type, resolvers }: Pick<DnsEntry, 'record' | 'type' | 'resolvers'>,
  targets: readonly string[],
): Promise<string[]> {
  const allowed = new Set(targets.map(plainTarget));
  const lacks = resolvers.map(async (server) => {
    const fault = await faultOf(server, { record, type }, allowed);
    return fault === undefined ? [] : [`the resolver ${server} ${fault}: no step would be believed to arrive.`];
  });
  return (await Promise.all(lacks)).flat();
}

/** What is wrong with the answer of one resolver. */
async function faultOf(
  server: string,
  { record, type }: Pick<DnsEntry, 'record' | 'type'>,
  allowed: ReadonlySet<string>,
): Promise<string | undefined> {
  try {
    const wrong = (await ask(server, record, type)).filter((target) => !allowed.has(target));
    return wrong.length === 0 ? undefined : `answers ${wrong.join(', ')}`;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    return code === 'ENOTFOUND' || code === 'ENODATA' ? `has no answer (${code})` : `does not answer (${code})`;
  }
}
