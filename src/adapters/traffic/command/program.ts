import { CrossfadeError, type ErrorCode } from '../../../domain/errors/index.ts';
import { lastLines } from '../../../domain/last-lines.ts';
import { runCommand } from '../../process/index.ts';
import type { Secrets } from '../../secrets.ts';
import type { Parsed } from './answers.ts';

export interface ProgramDeps {
  readonly secrets: Pick<Secrets, 'redact'>;
  /** All that the programs get of the worker's environment. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A program ends within this time, in milliseconds; it is run up to three times for one change. */
export const TIME_LIMIT = 30_000;

/** Exit codes that say more than "it failed", from `sysexits.h`; anything else may be over at the next attempt. */
const MEANING = new Map<number | undefined, ErrorCode>([
  [77, 'BalancerRefused'],
  [78, 'BalancerNotPrepared'],
]);

const SHOWN_LINES = 3;
const SHOWN_OF_A_LINE = 200;

/** Runs one of the user's programs, and understands what it prints. */
export type RunProgram = <T>(
  argv: readonly string[],
  args: Readonly<Record<string, string | number>>,
  parse: (text: string) => Parsed<T>,
  signal?: AbortSignal,
) => Promise<T>;

/**
 * Errors: `ProgramMissing`; by its exit code `BalancerRefused` (77), `BalancerNotPrepared` (78) or `BalancerUnreachable`, which is also that of
 * a program that hangs; `BalancerNonsense` for an answer that can't be understood.
 */
export function createRunProgram(
  { secrets, environment }: ProgramDeps,
  { name, limit = TIME_LIMIT }: { name: string; limit?: number },
): RunProgram {
  return async (argv, args, parse, signal) => {
    const given = Object.entries(args).flatMap(([option, value]) => [`--${option}`, String(value)]);
    const options = { env: environment, timeout: limit, ...(signal === undefined ? {} : { signal }) };
    const { exitCode, stdout, stderr, timedOut } = await runCommand([...argv, ...given], options);
    const who = `${name}: ${[...argv.slice(0, 2), ...given].join(' ')}`;
    if (exitCode !== 0) {
      const how = timedOut
        ? `did not end within ${limit / 1_000} s and was stopped`
        : exitCode === undefined
          ? 'was ended by a signal'
          : `ended with code ${exitCode}`;
      const said = lastLines(secrets.redact(`${stdout}\n${stderr}`));
      throw new CrossfadeError(MEANING.get(exitCode) ?? 'BalancerUnreachable', `${who} ${how}${said}.`);
    }
    const parsed = parse(stdout);
    if ('value' in parsed) return parsed.value;
    // First what is secret, then what is too long: half of a secret would not be found any more.
    const wrong = secrets.redact(parsed.wrong).slice(0, SHOWN_OF_A_LINE);
    const printed = firstLines(secrets.redact(stdout));
    throw new CrossfadeError('BalancerNonsense', `${who} gave no answer that can be used (${wrong})${printed}.`);
  };
}

function firstLines(text: string): string {
  const lines = text.trim().split('\n').slice(0, SHOWN_LINES);
  const shown = lines.map((line) => line.trim().slice(0, SHOWN_OF_A_LINE)).join(' | ');
  return shown === '' ? '' : `: "${shown}"`;
}
