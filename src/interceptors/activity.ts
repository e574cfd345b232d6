import { activityInfo, cancellationSignal, cancelled, heartbeat, log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { currentProgress } from '../activities/progress.ts';
import type { Secrets } from '../adapters/secrets.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import { OneAtATime } from './one-at-a-time.ts';

/** How often a running activity shows that it is alive; the timeouts of its proxies are three times as long or more. */
const HEARTBEAT_EVERY = 1_000;

const attempts = new OneAtATime();

/**
 * Around every activity: a heartbeat from a timer, errors turned into what Temporal and people understand, and no attempt beside an
 * earlier one of this worker.
 */
export function activityInterceptor(secrets: Secrets): ActivityInboundCallsInterceptor {
  return {
    async execute(input, next) {
      const timer =
        activityInfo().heartbeatTimeoutMs === undefined
          ? undefined
          : setInterval(() => heartbeat(currentProgress()), HEARTBEAT_EVERY);
      try {
        const { activityId, workflowExecution } = activityInfo();
        return await attempts.run(`${workflowExecution?.runId} ${activityId}`, () => next(input));
      } catch (error) {
        // What a cancelled command or request throws is its own; Temporal must see the cancellation.
        if (cancellationSignal().aborted) {
          tell(error, secrets);
          await cancelled();
        }
        throw toFailure(error, secrets);
      } finally {
        clearInterval(timer);
      }
    },
  };
}

/** Nobody else would: a command that was let to its end in spite of the cancellation may have failed by itself. */
function tell(error: unknown, secrets: Secrets): void {
  if (!(error instanceof Error) || error.name === 'CancelledFailure' || error.name === 'AbortError') return;
  const code = error instanceof CrossfadeError ? error.code : error.name;
  log.warn('ended with an error after it was cancelled', { code, error: secrets.redact(error.message) });
}

/** A failure whose type is the code of the catalogue, without secrets; anything unexpected stays retryable. */
function toFailure(error: unknown, secrets: Secrets): unknown {
  if (!(error instanceof Error) || error.name === 'CancelledFailure') return error;
  if (error instanceof ApplicationFailure) return error;
  const known = error instanceof CrossfadeError;
  const message = secrets.redact(error.message);
  if (error.cause instanceof Error) log.warn('cause', { cause: secrets.redact(error.cause.message) });
  return ApplicationFailure.create({
    message,
    type: known ? error.code : 'Unexpected',
    nonRetryable: known && !error.kind.retryable,
  });
}
