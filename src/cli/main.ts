import { CommanderError } from 'commander';
import { CrossfadeError } from '../domain/errors/index.ts';
import { EXIT, exitCodeOfError } from './exit-codes.ts';
import { explain } from './explain.ts';
import { printError } from './io.ts';
import { createProgram } from './program.ts';

process.on('SIGINT', () => process.exit(EXIT.interrupted));
// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.fine : EXIT.error),
);

try {
  await createProgram((code) => (process.exitCode = code)).parseAsync();
} catch (error) {
  process.exitCode = tell(error);
}

/** Tells people what happened, without a stack. Returns the exit code. */
function tell(error: unknown): number {
  // Commander has printed its own.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.badUsage;
  if (error instanceof CrossfadeError) {
    printError(explain(error));
    return exitCodeOfError(error.code);
  }
  printError(error instanceof Error ? error.message : String(error));
  return EXIT.error;
}
