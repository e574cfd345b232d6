import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePlan, type PlanInput } from '../../src/domain/plan/index.ts';
import { testPlan } from '../support/workflow-environment-plan.ts';

const sound = (): PlanInput => testPlan('payments');
const paths = (input: unknown): string[] => parsePlan(input).faults.map(({ path }) => path);

/** A copy of a sound plan with one place changed; `undefined` removes it. */
function changed(path: string, value: unknown): unknown {
  const copy = structuredClone(sound()) as unknown as Record<string, unknown>;
  const keys = path.split('.');
  let at: Record<string, unknown> = copy;
  for (const key of keys.slice(0, -1)) at = (at[key] ??= {}) as Record<string, unknown>;
  const last = keys.at(-1) ?? '';
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}

describe('a plan', () => {
  it('that is sound is filled in, with durations in milliseconds', () => {
    const { plan, faults } = parsePlan(sound());
    expect(faults).toEqual([]);
    expect(plan).toMatchObject({
      freeze: { guard: 'database', quiet: 1, limit: 8 * 3_600_000, before: [], after: [] },
      backup: { restoreDrill: true, deck: { command: ['deck'] } },
      verdict: { source: 'kong', minRequests: 200 },
      gates: { finish: { approvers: [], quorum: 1, expires: 24 * 3_600_000 }, decommission: false },
      onFailure: { then: 'hold', expires: 24 * 3_600_000 },
      database: { port: 5432 },
    });
  });

  const faulty: readonly [string, unknown, string, RegExp][] = [
    ['cluster', undefined, 'cluster', /expected/],
    ['cluster', 'no spaces please', 'cluster', /expected letters/],
    ['x.version', 'three', 'x.version', /expected a Kong version/],
    ['x.nodes', [], 'x.nodes', /./],
    ['x.nodes.0.prefix', undefined, 'x.nodes[0].prefix', /needs "prefix"/],
    ['x.nodes.0.admin', 'localhost:8001', 'x.nodes[0].admin', /http/],
    ['y.version', '3.6.1', 'y.version', /is the version that X has/],
    ['y.version', '3.5.0', 'y.version', /a downgrade is not possible/],
    ['y.nodes.0.proxy', 'http://127.0.0.1:8010', 'y.nodes[0].proxy', /is the same as x\.nodes\[0\]\.proxy/],
    ['database.password', 'secret', 'database.password', /reference to a secret/],
    ['traffic.steps', [{ y: 25, bake: '1s' }], 'traffic.steps[0].y', /expected 100 in the last step/],
    ['traffic.steps.0.y', 100, 'traffic.steps[1].y', /more than the step before/],
    ['traffic.steps.0.bake', '5 minutes', 'traffic.steps[0].bake', /duration such as/],
    ['gates', { finish: false }, 'gates.finish', /expected/],
    ['gates', { finish: { quorum: 0 } }, 'gates.finish.quorum', /./],
    ['onFailure', { then: 'hope' }, 'onFailure.then', /hold.*unwind/],
    ['colour', 'red', 'colour', /is not known here/],
    ['freeze.limt', '1h', 'freeze.limt', /is not known here/],
  ];
  it.each(faulty)('with a fault in %s (%j) is told where and what', (path, value, where, what) => {
    const { faults } = parsePlan(changed(path, value));
    expect(faults).toContainEqual({ path: where, message: expect.stringMatching(what) as unknown });
  });

  it('with many faults tells all of them at once, those between sections too', () => {
    const input = sound() as unknown as Record<string, unknown>;
    const many = {
      ...input,
      cluster: '',
      watch: 'long',
      colour: 'red',
      backup: {},
      y: { ...sound().y, version: '3.6.1' },
    };
    expect(paths(many).sort()).toEqual(['backup.s3', 'cluster', 'colour', 'watch', 'y.version']);
  });

  it('that is nonsense is a fault, never an exception', () => {
    for (const nonsense of [undefined, null, 7, 'plan', [], {}, { badPayload: 'x' }])
      expect(parsePlan(nonsense).faults.length).toBeGreaterThan(0);
    fc.assert(fc.property(fc.anything(), (input) => void expect(parsePlan(input).plan).toBeUndefined()));
    const part = fc.oneof(fc.anything(), fc.record({ nodes: fc.anything(), version: fc.anything() }));
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(sound())), part, (key, value) => {
        const { plan, faults } = parsePlan({ ...sound(), [key]: value });
        expect(plan === undefined).toBe(faults.length > 0);
      }),
    );
  });
});
