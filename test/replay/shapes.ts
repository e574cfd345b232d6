import { fail } from '../support/fake-activities.ts';
import { endsLate, fails } from '../support/fake-activities-world.ts';
import { testPlan } from '../support/workflow-environment-plan.ts';
import type { Run } from '../support/workflow-environment-run.ts';
import type { WorkflowEnvironment } from '../support/workflow-environment.ts';

/** One upgrade per shape of control flow, run to its end. Their histories are kept beside this file. */
export const SHAPES: Record<string, (env: WorkflowEnvironment) => Promise<Run>> = {
  async completed(env) {
    const run = await env.start({ plan: { gates: {} } });
    await run.approve('start');
    await run.approve('finish');
    return run;
  },
  async patch(env) {
    const run = await env.start({ world: (world) => void (world.pendingAfterUp = false) });
    await run.approve('finish');
    return run;
  },
  async refused(env) {
    const findings = [{ rule: 'path', level: 'refuse', message: 'the path is not supported' } as const];
    return env.start({ world: (world) => void world.findings.push(...findings) });
  },
  async 'rolled-back-by-abort'(env) {
    const run = await env.start({ world: (world) => world.on('watchTraffic:shift-25', endsLate(1)) });
    await run.world.began('watchTraffic:shift-25');
    await run.signal('abort', { by: 'ann', reason: 'customers complain' });
    return run;
  },
  async 'breach-hold-abandon'(env) {
    const run = await env.start({ world: (world) => void world.verdicts.set('shift-25', fail) });
    await run.untilState('held');
    await run.signal('abandon', { by: 'ann' });
    return run;
  },
  async 'breach-hold-retry'(env) {
    const run = await env.start({ world: (world) => void world.verdicts.set('shift-25', fail) });
    await run.untilState('held');
    run.world.verdicts.clear();
    await run.signal('retry', { by: 'ann' });
    await run.approve('finish');
    return run;
  },
  async 'sealed-hold-retry'(env) {
    const run = await env.start({ world: (world) => world.on('migrateFinish', fails('NodesNotReady')) });
    await run.approve('finish');
    await run.untilState('held');
    run.world.mend('migrateFinish');
    await run.signal('retry', { by: 'ann' });
    return run;
  },
  async 'sealed-hold-abandon'(env) {
    const run = await env.start({ world: (world) => world.on('migrateFinish', fails('NodesNotReady')) });
    await run.approve('finish');
    await run.untilState('held');
    await run.signal('abandon', { by: 'ann' });
    return run;
  },
  async 'freeze-limit-hold-retry'(env) {
    const run = await env.start({ plan: { freeze: { quiet: '1ms', limit: '1s' } } });
    await run.untilState('held');
    await run.signal('retry', { by: 'ann' });
    await run.approve('finish');
    return run;
  },
  async rollback(env) {
    const cluster = env.nextCluster();
    Object.assign(env.world(cluster), { weight: 25, frozen: true, yUp: true });
    return env.startWith(cluster, testPlan(cluster), 'rollbackUpgrade');
  },
  async restore(env) {
    const run = await startRestore(env);
    await run.approve('restore');
    return run;
  },
  async 'restore-rejected'(env) {
    const run = await startRestore(env);
    await run.untilGate('restore');
    await run.signal('reject', { by: 'ann', gate: 'restore' });
    return run;
  },
};

function startRestore(env: WorkflowEnvironment): Promise<Run> {
  const cluster = env.nextCluster();
  const input = { plan: testPlan(cluster), backup: 'latest', folder: '/srv/restored' };
  return env.startWith(cluster, input, 'restoreBackup');
}
