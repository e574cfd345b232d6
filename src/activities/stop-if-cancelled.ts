import { cancellationSignal, cancelled } from '@temporalio/activity';

/** Throws Temporal's own failure when this activity was cancelled: what comes next must not begin. */
export async function stopIfCancelled(): Promise<void> {
  if (cancellationSignal().aborted) await cancelled();
}
