import type { ErrorKind } from './catalogue.ts';
import { backupErrors } from './backup.ts';
import { cliErrors } from './cli.ts';
import { databaseErrors } from './database.ts';
import { freezeErrors } from './freeze.ts';
import { kongErrors } from './kong.ts';
import { migrationErrors } from './migrations.ts';
import { planErrors } from './plan.ts';
import { preflightErrors } from './preflight.ts';
import { reportErrors } from './report.ts';
import { restoreErrors } from './restore.ts';
import { roleErrors } from './roles.ts';
import { stageErrors } from './stage.ts';
import { trafficErrors } from './traffic.ts';
import { workflowErrors } from './workflow.ts';

/** Every failure that Crossfade raises on purpose. `docs/errors.md` is made from it. */
export const errorCatalogue = {
  ...planErrors,
  ...databaseErrors,
  ...freezeErrors,
  ...backupErrors,
  ...restoreErrors,
  ...kongErrors,
  ...migrationErrors,
  ...roleErrors,
  ...preflightErrors,
  ...stageErrors,
  ...trafficErrors,
  ...reportErrors,
  ...cliErrors,
  ...workflowErrors,
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
