import type { ErrorKind } from './catalogue.ts';
import { databaseErrors } from './database.ts';
import { planErrors } from './plan.ts';

/** Every failure that Crossfade raises on purpose. `docs/errors.md` is made from it. */
export const errorCatalogue = {
  ...planErrors,
  ...databaseErrors,
} satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorCatalogue;

/**
 * A failure with a code of the catalogue. Adapters and activities throw it; the activity interceptor turns it into a
 * Temporal `ApplicationFailure` whose type is the code.
 */
export class CrossfadeError extends Error {
  override readonly name = 'CrossfadeError';
  readonly code: ErrorCode;

  /** @param message what happened, on which thing: one sentence, without a secret */
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  get kind(): ErrorKind {
    return errorCatalogue[this.code];
  }
}
