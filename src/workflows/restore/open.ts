import { workflowInfo } from '@temporalio/workflow';
import { upgradeWorkflowId } from '../../domain/names.ts';
import type { Fault } from '../../domain/plan/index.ts';
import type { RestoreRequest } from '../../domain/restore/index.ts';
import { describeFailure } from '../interruption.ts';
import type { Journal } from '../journal.ts';
import { open, run } from '../proxies.ts';

/** What is asked for, checked and filled in by the first activity, so that later defaults can't change a replay. */
export async function openRestore(
  input: unknown,
  journal: Journal,
): Promise<{ request: RestoreRequest } | { faults: readonly Fault[] }> {
  const { workflowId } = workflowInfo();
  const { request, faults, searchAttributes } = await check(input, workflowId);
  if (request === undefined) return { faults };
  const expected = upgradeWorkflowId(request.plan.cluster);
  if (workflowId !== expected) {
    const message = `the workflow id is "${workflowId}", but the plan's cluster needs "${expected}": no upgrade may run beside a restore`;
    return { faults: [{ path: 'plan.cluster', message }] };
  }
  journal.opened(request.plan, searchAttributes);
  return { request };
}

async function check(input: unknown, workflowId: string): ReturnType<typeof open.openRestore> {
  try {
    return await run(open.openRestore, 'check what is asked for', { input, workflowId });
  } catch (error) {
    // Nothing was changed, so this is a refusal too.
    const message = `could not be checked: ${describeFailure(error).message}`;
    return { faults: [{ path: '(the input)', message }], searchAttributes: [] };
  }
}
