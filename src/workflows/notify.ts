import { CancellationScope } from '@temporalio/workflow';
import { run } from './proxies.ts';
import type { Upgrade } from './upgrade.ts';

/**
 * Tells people. That nobody could be told is noted, and stops nothing. Never rejects; nobody who watches, or waits for an answer,
 * may wait for it: it takes as long as the worker that tells is away.
 */
export async function tell(u: Upgrade, severity: 'info' | 'alert' | 'page', text: string): Promise<void> {
  try {
    await CancellationScope.nonCancellable(() =>
      run(u.acts.report.notify, `tell people: ${text}`, { upgrade: u.ref, severity, text }),
    );
  } catch {
    u.journal.note('note', `people could not be told: ${text}`);
  }
}
