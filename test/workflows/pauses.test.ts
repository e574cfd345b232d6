import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deferred, endsLate, waitsFor } from '../support/fake-activities-world.ts';
import '../support/workflow-environment-patience.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';

let env: WorkflowEnvironment;
beforeAll(async () => void (env = await WorkflowEnvironment.create()));
afterAll(() => env.close());

describe.concurrent('a pause', () => {
  it('takes effect before the next phase, and `resume` goes on', async () => {
    const release = deferred();
    const run = await env.start({ world: (world) => world.on('waitForQuiet', waitsFor(release.promise)) });
    await run.world.began('waitForQuiet');
    expect(await run.ask('resume', { by: 'ann' })).toMatchObject({ accepted: false, text: 'it is not paused' });
    expect(await run.ask('pause', { by: 'ann' })).toMatchObject({ accepted: true });
    release.resolve();
    expect(await run.untilState('paused')).toMatchObject({ phase: 'freeze', paused: { by: 'ann' } });
    expect(await run.ask('pause', { by: 'bob' })).toMatchObject({ accepted: false, text: 'it is paused already' });
    expect(run.world.order()).not.toContain('dumpDatabase');
    await run.signal('resume', { by: 'ann' });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
  });

  it('`abort` works during it', async () => {
    const run = await env.start({ world: (world) => world.on('runTests:x', endsLate(1)) });
    await run.signal('pause', { by: 'ann' });
    run.world.mend('runTests:x');
    await run.signal('abort', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'refused' });

    const later = await env.start({ world: (world) => world.on('migrateUp', async (_, usual) => usual()) });
    await later.world.began('takeBaseline');
    await later.signal('pause', { by: 'ann' });
    await later.untilState('paused');
    await later.signal('abort', { by: 'ann' });
    expect(await later.result()).toMatchObject({ outcome: 'rolled-back' });
  });

  it('after the seal it takes effect before the next phase', async () => {
    const release = deferred();
    const run = await env.start({ world: (world) => world.on('migrateFinish', waitsFor(release.promise)) });
    await run.approve('finish');
    await run.world.began('migrateFinish');
    await run.signal('pause', { by: 'ann' });
    release.resolve();
    expect(await run.untilState('paused')).toMatchObject({ phase: 'finish' });
    expect(run.world.frozen).toBe(true);
    await run.signal('resume', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
  });
});
