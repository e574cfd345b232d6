import { CancellationScope, CancelledFailure } from '@temporalio/workflow';

/**
 * For an act that must not be cut short once it has begun. It does not begin when an abort came before: the act before it may have
 * ended as usual in spite of the abort, and then nothing else would stop this one.
 */
export async function unlessCancelled<T>(act: () => Promise<T>): Promise<T> {
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('cancelled before it began');
  return CancellationScope.nonCancellable(act);
}
