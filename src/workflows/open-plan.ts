import { workflowInfo } from '@temporalio/workflow';
import { upgradeWorkflowId } from '../domain/names.ts';
import type { Fault, Plan } from '../domain/plan/index.ts';
import { describeFailure } from './interruption.ts';
import type { Journal } from './journal.ts';
import { open, run } from './proxies.ts';

/** The plan, checked and filled in by the first activity, so that later defaults can't change a replay. */
export async function openPlan(
  input: unknown,
  journal: Journal,
): Promise<{ plan: Plan } | { faults: readonly Fault[] }> {
  const { workflowId } = workflowInfo();
  const opened = await check(input, workflowId);
  if (opened.plan === undefined) return { faults: opened.faults };
  const expected = upgradeWorkflowId(opened.plan.cluster);
  if (workflowId !== expected) {
    const message = `the workflow id is "${workflowId}", but the plan's cluster needs "${expected}": one upgrade per cluster at a time`;
    return { faults: [{ path: 'cluster', message }] };
  }
  journal.opened(opened.plan, opened.searchAttributes);
  return { plan: opened.plan };
}

async function check(plan: unknown, workflowId: string): ReturnType<typeof open.openUpgrade> {
  try {
    return await run(open.openUpgrade, 'check the plan', { plan, workflowId });
  } catch (error) {
    // Nothing was changed, so this is a refusal too.
    const message = `could not be checked: ${describeFailure(error).message}`;
    return { faults: [{ path: '(the plan)', message }], searchAttributes: [] };
  }
}
