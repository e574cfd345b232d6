import { createInterface } from 'node:readline/promises';

/** Somebody is there to be asked. */
export const canAsk = (): boolean => process.stdin.isTTY && process.stdout.isTTY;

/** Asks in the terminal; only a plain yes is one. */
export async function confirmed(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  // Without it readline would swallow it, and the question could not be left.
  lines.on('SIGINT', () => process.emit('SIGINT'));
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}
