import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fails, fromCall, type Override, type World } from '../support/fake-activities-world.ts';
import '../support/workflow-environment-patience.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';
import { acts, undoneKeys } from './order.ts';

let env: WorkflowEnvironment;
beforeAll(async () => void (env = await WorkflowEnvironment.create()));
afterAll(() => env.close());

const calls = (world: World, key: string) => world.calls.filter((call) => call.key === key).map(({ input }) => input);

describe.concurrent('the second backup, before `finish`', () => {
  it.each(['dumpDatabase', 'sealBackup'])(
    '%s fails: held with the traffic where it is; `retry` goes on',
    async (key) => {
      let broken = true;
      const override: Override = (input, usual) =>
        broken ? fails('S3Refused', 'the bucket is away')(input, usual) : usual();
      const run = await env.start({ world: (world) => void world.on(key, fromCall(2, override)) });
      const held = await run.untilState('held');
      expect(held).toMatchObject({
        failure: {
          kind: 'backup',
          phase: 'finish',
          code: 'S3Refused',
          message: /before `finish` failed: the bucket/,
        },
        traffic: { weight: 100 },
      });
      expect(undoneKeys(run.world)).toEqual([]);
      broken = false;
      await run.signal('retry', { by: 'ann' });
      await run.approve('finish');
      expect(await run.result()).toMatchObject({ outcome: 'completed' });
    },
  );

  it('finds another configuration: the drift is what holds, and says what was changed', async () => {
    const run = await env.start({
      world: (world) => {
        const changes: Override = (input, usual) => {
          world.drift = [{ table: 'consumers', id: 'c-1', name: 'carl', change: 'added' }];
          return fails('BackupOfAnotherState', 'another fingerprint')(input, usual);
        };
        world.on('sealBackup', fromCall(2, changes));
      },
    });
    expect(await run.untilState('held')).toMatchObject({
      failure: { kind: 'drift', message: /carl/ },
      traffic: { weight: 100 },
    });
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
  });

  it('is the one that is rehearsed with, and that the guardrails look for', async () => {
    const run = await env.start();
    await run.approve('finish');
    await run.result();
    expect(calls(run.world, 'rehearseFinish')).toMatchObject([{ backup: { label: 'before-finish' } }]);
    expect(calls(run.world, 'readFinishFacts')).toMatchObject([
      { manifestKey: 'crossfade/before-finish/manifest.json' },
      { manifestKey: 'crossfade/before-finish/manifest.json' },
    ]);
  });

  it('without the rehearsal the drill restores it; with nothing pending, or turned off, there is none', async () => {
    const accept = [{ risk: 'finish-not-rehearsed', reason: 'no room for a copy' }];
    const waived = await env.start({ plan: { migrations: { accept } } });
    await waived.approve('finish');
    await waived.result();
    expect(calls(waived.world, 'drillRestore')).toMatchObject([
      { backup: { label: 'before' } },
      { backup: { label: 'before-finish' } },
    ]);

    const nothing = await env.start({ world: (world) => void (world.pendingAfterUp = false) });
    await nothing.approve('finish');
    await nothing.result();
    expect(calls(nothing.world, 'dumpDatabase')).toHaveLength(1);

    const off = await env.start({ plan: { backup: { s3: { bucket: 'backups' }, beforeFinish: false } } });
    await off.approve('finish');
    await off.result();
    expect(calls(off.world, 'dumpDatabase')).toHaveLength(1);
    expect(calls(off.world, 'rehearseFinish')).toMatchObject([{ backup: { label: 'before' } }]);
  });
});

describe.concurrent('retention', () => {
  const backup = { s3: { bucket: 'backups' }, retention: { days: 30 } };

  it('is applied when the upgrade has ended; what is removed stands in the timeline', async () => {
    const run = await env.start({
      plan: { backup },
      world: (world) =>
        world.on('removeOldBackups', () =>
          Promise.resolve({ removed: ['2026-01-01_a/before'], kept: 3, notRemoved: ['2026-02-01_b/before: locked'] }),
        ),
    });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(acts(run.world).at(-1)).toBe('removeOldBackups');
    const told = (await run.timeline()).map(({ text }) => text).join('\n');
    expect(told).toContain('old backups removed: 2026-01-01_a/before');
    expect(told).toContain('old backups not removed: 2026-02-01_b/before: locked');
  });

  it('failing changes nothing about the outcome; a refused upgrade removes nothing', async () => {
    const failing = await env.start({
      plan: { backup },
      world: (world) => void world.on('removeOldBackups', fails('S3Refused', 'the bucket is away')),
    });
    await failing.approve('finish');
    expect(await failing.result()).toMatchObject({ outcome: 'completed' });
    expect((await failing.timeline()).map(({ text }) => text)).toContainEqual(
      expect.stringContaining('old backups could not be removed: the bucket is away'),
    );

    const refused = await env.start({
      plan: { backup },
      world: (world) => void world.on('checkRules', fails('NodesNotReady', 'made to fail')),
    });
    expect(await refused.result()).toMatchObject({ outcome: 'refused' });
    expect(calls(refused.world, 'removeOldBackups')).toEqual([]);
  });
});

it('files: one archive for a host that both sides are on, one each for two hosts', async () => {
  const one = await env.start({ plan: { backup: { s3: { bucket: 'backups' }, files: ['/etc/kong/*.conf'] } } });
  await one.approve('finish');
  await one.result();
  expect(calls(one.world, 'storeFiles')).toMatchObject([{ host: 'h1', files: ['/etc/kong/*.conf'] }]);
});
