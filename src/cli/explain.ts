import type { CrossfadeError } from '../domain/errors/index.ts';

/** What happened, what it means, what to do next. */
export function explain({ message, kind }: CrossfadeError): string {
  return `${message}\n\n${kind.means}\n→ ${kind.todo}`;
}
