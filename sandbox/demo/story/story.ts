import type { Moment } from '../follow.ts';
import type { Load } from '../load/index.ts';

/** Shows what happens while it happens. */
export interface Story {
  /** How the upgrade is now. */
  tell(moment: Moment): void;
  /** What the demo itself did. */
  note(line: string): void;
  close(): void;
}

/** What the clients saw so far. */
export function describeClients(load: Load): string {
  const seconds = load.seconds();
  const sum = (key: 'sent' | 'failed' | 'failedByY') => seconds.reduce((total, one) => total + one[key], 0);
  const last = seconds.at(-1);
  return `clients: ${last?.sent ?? 0} requests/s, ${sum('sent')} so far, ${sum('failed')} failed (${sum('failedByY')} answered so by Y)`;
}
