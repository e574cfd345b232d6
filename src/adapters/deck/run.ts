import { CrossfadeError } from '../../domain/errors/index.ts';
import { outputOf, ProgramFailed } from '../process/stream.ts';
import { failed } from './failed.ts';

export interface DeckRun {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Milliseconds in which it must print something; deck prints its dump at the end. */
  readonly silence: number;
}

/** What deck prints, as it comes. Throws instead of ending when it failed. */
export async function* run({ argv, env, signal, silence }: DeckRun): AsyncGenerator<Uint8Array> {
  const [program = ''] = argv;
  const hung = new AbortController();
  const wait = () => {
    const reason = failed(`${program} has printed nothing for ${silence / 1_000} s and was ended`);
    return setTimeout(() => hung.abort(reason), silence);
  };
  let timer = wait();
  try {
    for await (const chunk of outputOf(argv, { env, signal: AbortSignal.any([signal, hung.signal]) })) {
      // Whoever reads this may be slow: that is not deck's silence.
      clearTimeout(timer);
      yield chunk;
      timer = wait();
    }
  } catch (cause) {
    if (!(cause instanceof ProgramFailed)) throw cause;
    if (!cause.notStarted) throw failed(cause.message, cause);
    const message = `The program ${program} of \`backup.deck\` can't be started.`;
    throw new CrossfadeError('ProgramMissing', message, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** All that deck prints. */
export async function printed(one: DeckRun): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of run(one)) parts.push(part);
  return Buffer.concat(parts).toString('utf8').trim();
}
