import type { CrossfadeError } from '../domain/errors/index.ts';

/** An error that workflows know as well says what they do; a command does nothing twice. */
const ALONE = 'This command does not try again by itself: run it again when that is put right.';

/** What happened, what it means, what to do next. */
export function explain({ message, kind }: CrossfadeError): string {
  return `${message}\n\n${kind.means.includes('tried again') ? ALONE : kind.means}\n→ ${kind.todo}`;
}
