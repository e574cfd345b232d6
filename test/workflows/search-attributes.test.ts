import { describe, expect, it } from 'vitest';
import '../support/workflow-environment-patience.ts';
import { WorkflowEnvironment, type EnvironmentOptions } from '../support/workflow-environment.ts';

/** An upgrade on a server of its own, and the attributes of it that the server shows at the end. */
async function attributesOf(options: EnvironmentOptions): Promise<Record<string, unknown>> {
  const env = await WorkflowEnvironment.create(options);
  try {
    const run = await env.start();
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    const { typedSearchAttributes } = await run.handle.describe();
    return Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
  } finally {
    await env.close();
  }
}

describe('search attributes', () => {
  it('are set where the server has them', async () => {
    expect(await attributesOf({})).toMatchObject({
      KongCluster: 'c1',
      UpgradePhase: 'decommission',
      UpgradeWeight: 100,
      UpgradeOutcome: 'completed',
    });
  });

  it('are done without where the server has none', async () => {
    const attributes = await attributesOf({ ensureSearchAttributes: false });
    expect(Object.keys(attributes).filter((name) => /Kong|Upgrade/.test(name))).toEqual([]);
  });

  it('are left out one by one where the type is another', async () => {
    const attributes = await attributesOf({ searchAttributes: { UpgradePhase: 'Int' } });
    expect(attributes).toMatchObject({ KongCluster: 'c1', UpgradeWeight: 100 });
    expect(attributes).not.toHaveProperty('UpgradePhase');
  });
});

describe('queues', () => {
  it('what belongs to a host runs on the queue of that host', async () => {
    const env = await WorkflowEnvironment.create({ hosts: ['gx', 'gy', 'lb'] });
    try {
      const run = await env.start({ hosts: { x: 'gx', y: 'gy', balancer: 'lb' } });
      await run.approve('finish');
      expect(await run.result()).toMatchObject({ outcome: 'completed' });
      const queueOf = (key: string) =>
        new Set(run.world.calls.filter((call) => call.key === key).map((one) => one.queue));
      const expected: Record<string, readonly string[]> = {
        crossfade: [
          'openUpgrade',
          'checkRules',
          'freezeConfiguration',
          'checkDrift',
          'writeSeal',
          'watchTraffic:watch',
        ],
        'crossfade@gx': ['checkHost:x', 'stopNodes:x', 'removeNodes:x'],
        'crossfade@gy': [
          'checkHost:y',
          'dumpDatabase',
          'prepareNodes:y',
          'migrateUp',
          'migrateFinish',
          'rehearseFinish',
        ],
        'crossfade@lb': ['setWeight:25', 'readTraffic', 'setNodeOut:y1:out'],
      };
      for (const [queue, keys] of Object.entries(expected))
        for (const key of keys) expect([...queueOf(key)], key).toEqual([queue]);
    } finally {
      await env.close();
    }
  });
});
