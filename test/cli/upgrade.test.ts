import { readFileSync } from 'node:fs';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../sandbox/free-port.ts';
import { upgradeWorkflowId } from '../../src/domain/names.ts';
import type { PlanInput } from '../../src/domain/plan/index.ts';
import type { Report } from '../../src/domain/report/index.ts';
import type { UpgradeStatus } from '../../src/domain/status/index.ts';
import { fail } from '../support/fake-activities.ts';
import { testPlan } from '../support/workflow-environment-plan.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';
import { crossfade } from './crossfade.ts';

let environment: WorkflowEnvironment;
let env: Record<string, string>;
const dir = mkdtempSync(join(tmpdir(), 'crossfade-cli-'));

beforeAll(async () => {
  environment = await WorkflowEnvironment.create();
  env = { TEMPORAL_ADDRESS: environment.temporal.address, TEMPORAL_NAMESPACE: 'default' };
});
afterAll(async () => {
  await environment.close();
  rmSync(dir, { recursive: true });
});

const run = (...args: readonly string[]) => crossfade(args, { env });

function planFile(cluster: string, changes: Partial<PlanInput> = {}): string {
  const { startedBy: _, ...plan } = testPlan(cluster, changes);
  const file = join(dir, `${cluster}.json`);
  writeFileSync(file, JSON.stringify(plan));
  return file;
}

/** The run that the command started, so that its history is replayed too. */
const follow = (cluster: string) =>
  environment.follow(environment.client.workflow.getHandle(upgradeWorkflowId(cluster)), environment.world(cluster));

describe('an upgrade by the command', () => {
  it('is started, refused a second start, shown, approved, and reported', async () => {
    const cluster = environment.nextCluster();
    const file = planFile(cluster);
    const started = await run('start', file);
    expect(started).toMatchObject({ code: 0, err: '' });
    expect(started.out).toContain(`${cluster}: started (workflow kong/${cluster}, run `);
    expect(started.out).toContain(`crossfade status ${cluster} --watch`);
    const upgrade = follow(cluster);
    await upgrade.untilGate('finish');

    const again = await run('start', file);
    expect(again.code).toBe(3);
    expect(again.err).toMatch(
      new RegExp(`^${cluster} has a blueGreenUpgrade since .* waiting for a person, in finish:`),
    );

    const shown = await run('status', cluster);
    expect(shown.code).toBe(0);
    expect(shown.out).toContain(`${cluster} · Kong 3.6.1 → 3.7.1   waiting for a person`);
    expect(shown.out).toMatch(/├─ ✓ shift\s/);
    expect(shown.out).toMatch(/│ {2}└─ ✓ 100 % {3}pass {2}Y 0 % errors/);
    expect(shown.out).toContain(`crossfade approve ${cluster} --gate finish`);
    expect(shown.out).not.toContain('\u001b');
    const json = JSON.parse((await run('status', cluster, '--json')).out) as UpgradeStatus & { live: unknown[] };
    expect(json).toMatchObject({ state: 'waiting', phase: 'finish', traffic: { weight: 100 } });
    expect(json.live).toContainEqual(expect.objectContaining({ activity: 'watchTraffic' }));

    // $USER started it, and can't approve it.
    const own = await run('approve', cluster, '--gate', 'finish');
    expect(own.code).toBe(3);
    expect(own.err).toContain('approve was refused: cleo started it');
    const wrong = await run('approve', cluster, '--by', 'ann', '--gate', 'shift:50');
    expect(wrong).toMatchObject({ code: 3, out: '' });
    expect(wrong.err).toContain('gate shift:50 is not open');

    const paused = await run('pause', cluster, '--by', 'ann', '--reason', 'lunch');
    expect(paused).toMatchObject({ code: 0, err: '' });
    expect((await run('resume', cluster, '--by', 'ann')).code).toBe(0);
    const approved = await run('approve', cluster, '--by', 'ann', '--comment', 'graphs look good');
    expect(approved).toMatchObject({ code: 0, out: `${cluster}: approved gate finish` });

    const waited = await run('status', cluster, '--watch');
    expect(waited.code).toBe(0);
    expect(waited.out).toContain('ended: completed');
    const summary = await run('report', cluster);
    expect(summary.code).toBe(0);
    expect(summary.out).toContain('weights    25 % → 100 %');
    expect(summary.out).toContain('approvals  finish by ann');
    const report = JSON.parse((await run('report', cluster, '--json')).out) as Report;
    expect(report).toMatchObject({
      outcome: 'completed',
      cluster,
      planned: { path: { reason: 'a test' }, startedBy: 'cleo' },
    });
    expect(report.approvals).toMatchObject([{ gate: 'finish', by: 'ann', comment: 'graphs look good' }]);

    const late = await run('abort', cluster, '--by', 'ann');
    expect(late.code).toBe(3);
    expect(late.err).toContain(`abort came too late: the upgrade of ${cluster} ended at `);
  }, 240_000);

  it('ends with 5 when it is held, and with 4 once it is rolled back', async () => {
    const cluster = environment.nextCluster();
    environment.world(cluster).verdicts.set('shift-25', fail);
    const held = await run('start', planFile(cluster), '--wait');
    follow(cluster);
    expect(held.code).toBe(5);
    expect(held.out).toContain('25 % of the traffic on Y');
    expect(held.out).toContain(`crossfade abandon ${cluster} --reason WHY`);
    expect((await run('status', cluster)).code).toBe(5);

    const phase = await run('retry', cluster, '--by', 'ann', '--phase', 'watch');
    expect(phase.code).toBe(3);
    expect(phase.err).toContain("can't go on at watch");
    expect((await run('abandon', cluster, '--by', 'ann', '--reason', 'next week')).code).toBe(0);
    const ended = await run('status', cluster, '--watch');
    expect(ended.code).toBe(4);

    const page = join(dir, 'report.html');
    const written = await run('report', cluster, '--html', page);
    expect(written.code).toBe(0);
    // There is no S3 in this test: told, and no reason to have no page.
    expect(written.err).toContain('averages of each watch');
    expect(readFileSync(page, 'utf8')).toContain('What the database is in now');
  });

  it('ends with 3 when it was refused, and names the faults', async () => {
    const cluster = environment.nextCluster();
    const refused = await environment.startWith(cluster, { cluster, traffic: { steps: [] } });
    expect(await refused.result()).toMatchObject({ outcome: 'refused' });
    const { code, out } = await run('status', cluster);
    expect(code).toBe(3);
    expect(out).toContain('✗ traffic.via: ');
  });

  it('ends with 6 when somebody let something go', async () => {
    const cluster = environment.nextCluster();
    environment.world(cluster).verdicts.set('watch', fail);
    await run('start', planFile(cluster));
    const upgrade = follow(cluster);
    await upgrade.approve('finish');
    await upgrade.untilState('held');
    expect((await run('abort', cluster)).err).toContain('nothing left to undo');
    expect((await run('abandon', cluster, '--reason', 'known')).code).toBe(0);
    expect((await run('status', cluster, '--watch')).code).toBe(6);
  });

  it('says first that a workflow was terminated, and how to take back what it left', async () => {
    const cluster = environment.nextCluster();
    await run('start', planFile(cluster));
    const upgrade = follow(cluster);
    await upgrade.untilGate('finish');
    const watching = run('status', cluster, '--watch');
    await upgrade.handle.terminate('somebody was in a hurry');

    const command = `temporal workflow start --type rollbackUpgrade --task-queue crossfade --workflow-id kong/${cluster} `;
    const shown = await run('status', cluster);
    expect(shown.code).toBe(1);
    expect(shown.out).toMatch(new RegExp(`^${cluster}: the workflow kong/${cluster} was TERMINATED at .* UTC`));
    expect(shown.out).toContain(command);
    expect(shown.out).toContain('Nothing is watched, and nothing was undone');
    expect(shown.out).toContain(`${cluster} · Kong 3.6.1 → 3.7.1`);
    const json = await run('status', cluster, '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({ cutOff: expect.stringContaining('TERMINATED') as unknown });

    for (const watched of [await watching, await run('status', cluster, '--watch')]) {
      expect(watched.code).toBe(1);
      expect(watched.err).toContain(`${cluster}: the workflow kong/${cluster} was TERMINATED`);
      expect(watched.err).toContain(command);
    }
  }, 120_000);

  it('shows texts of others without what would move the cursor', async () => {
    const cluster = environment.nextCluster();
    await run('start', planFile(cluster));
    const upgrade = follow(cluster);
    await upgrade.untilGate('finish');
    await run('reject', cluster, '--by', 'ann', '--reason', 'no \u001b[2J\u0007 way');
    await upgrade.untilState('held');
    const { out } = await run('status', cluster);
    expect(out).toContain('no [2J way');
    expect(out).not.toContain('\u001b');
    await run('abandon', cluster, '--by', 'ann');
    await upgrade.result();
  });
});

describe('errors', () => {
  it('says when there is no such upgrade', async () => {
    for (const command of ['status', 'report', 'abort']) {
      const { code, err } = await run(command, 'nowhere');
      expect(code).toBe(1);
      expect(err).toContain('nowhere has no upgrade: there is no workflow kong/nowhere.');
    }
  });

  it('says when Temporal does not answer, and where it looked', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const { code, err } = await crossfade(['status', 'payments'], { env: { TEMPORAL_ADDRESS: address } });
    expect(code).toBe(1);
    expect(err).toContain(`Temporal does not answer at ${address}.`);
    expect(err).not.toContain('node_modules');
  });

  it('says when the namespace is wrong', async () => {
    const { code, err } = await crossfade(['status', 'payments'], { env: { ...env, TEMPORAL_NAMESPACE: 'other' } });
    expect(code).toBe(1);
    expect(err).toContain('has no namespace "other"');
  });

  it('says when no worker answers', async () => {
    const handle = await environment.client.workflow.start('blueGreenUpgrade', {
      taskQueue: 'nobody',
      workflowId: upgradeWorkflowId('lonely'),
      args: [{}],
    });
    const { code, err } = await run('pause', 'lonely');
    await handle.terminate();
    expect(code).toBe(1);
    expect(err).toContain('No worker answered within 10 s.');
    expect(err).toContain('crossfade worker');
  });
});
