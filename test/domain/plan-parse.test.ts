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

  it('may name other clients as PostgreSQL shows them', () => {
    const otherClients = ['10.0.0.7', 'fe80::1', '2001:db8:1:2:3:4:5:6', '[local]'];
    expect(paths(changed('sessions', { otherClients }))).toEqual([]);
  });

  const faulty: readonly [string, unknown, string, RegExp][] = [
    ['cluster', undefined, 'cluster', /^is missing$/],
    ['cluster', 'no spaces please', 'cluster', /expected letters/],
    ['x.version', 'three', 'x.version', /expected a Kong version/],
    ['x.nodes', [], 'x.nodes', /./],
    ['x.runs.on', 'docker', 'x.runs.on', /^expected "local" or "command"$/],
    ['traffic.via', 'haproxi', 'traffic.via', /^expected "nginx" or "haproxy" or .* or "several"$/],
    ['traffic.via', undefined, 'traffic.via', /^is missing: expected "nginx" or /],
    ['traffic.sticky', 'cookie', 'traffic.sticky', /^expected "client-address" or \{ cookie: NAME \}$/],
    ['traffic.testers', { heder: 'x' }, 'traffic.testers', /^expected \{ header: NAME, value: VALUE \} or/],
    ['x.nodes.0.prefix', undefined, 'x.nodes[0].prefix', /needs "prefix"/],
    ['x.nodes.0.admin', 'localhost:8001', 'x.nodes[0].admin', /http/],
    ['y.version', '3.6.1', 'y.version', /is the version that X has/],
    ['y.version', '3.5.0', 'y.version', /a downgrade is not possible/],
    ['y.nodes.0.proxy', 'http://127.0.0.1:8010', 'y.nodes[0].proxy', /is the same as x\.nodes\[0\]\.proxy/],
    ['database.password', 'secret', 'database.password', /reference to a secret/],
    ['database.name', 'p'.repeat(64), 'database.name', /at most 63 bytes/],
    ['database.name', 'é'.repeat(32), 'database.name', /at most 63 bytes/],
    ...['not-an-ip', '10.0.0.0/8', '*', '0.0.0.0', '0.0.0.0/0', 'FE80::1', 'fe80:0:0:0:0:0:0:1', 'fe80::01', ''].map(
      (address): [string, unknown, string, RegExp] => [
        'sessions',
        { otherClients: ['10.0.0.7', address] },
        'sessions.otherClients[1]',
        /as PostgreSQL shows it|no address that a client/,
      ],
    ),
    ['traffic.steps', [{ y: 25, bake: '1s' }], 'traffic.steps[0].y', /expected 100 in the last step/],
    ['traffic.steps.0.y', 100, 'traffic.steps[1].y', /more than the step before/],
    ['traffic.steps.0.bake', '5 minutes', 'traffic.steps[0].bake', /duration such as/],
    ['gates', { finish: false }, 'gates.finish', /expected/],
    ['gates', { finish: { quorum: 0 } }, 'gates.finish.quorum', /./],
    ['onFailure', { then: 'hope' }, 'onFailure.then', /hold.*unwind/],
    ['colour', 'red', 'colour', /is not known here/],
    ['migrations', { accept: [{ risk: 'up-breaks-x', reason: 'r' }] }, 'migrations.accept[0].risk', /can be accepted/],
    ['migrations', { accept: [{ risk: 'no-such', reason: 'r' }] }, 'migrations.accept[0].risk', /up-not-repeatable/],
    ['freeze.limt', '1h', 'freeze.limt', /is not known here/],
    ['x.runs.env', { KONG_PG_PASSWORD: 'hunter2' }, 'x.runs.env.KONG_PG_PASSWORD', /reference to a secret.*looks like/],
    ['x.runs.env', { KONG_PG_URI: 'postgres://kong:hunter2@db/kong' }, 'x.runs.env.KONG_PG_URI', /holds a password/],
    ['y.nodes.0.env', { STAGE_API_KEY: 'hunter2' }, 'y.nodes[0].env.STAGE_API_KEY', /reference to a secret/],
    ['x.admin', { headers: { 'Kong-Admin-Token': 'hunter2' } }, 'x.admin.headers.Kong-Admin-Token', /reference/],
    ['stage.tests.0.headers', { Authorization: 'hunter2' }, 'stage.tests[0].headers.Authorization', /reference/],
    ['stage.compare', [{ path: '/', headers: { apikey: 'hunter2' } }], 'stage.compare[0].headers.apikey', /reference/],
    ['x.nodes.0.admin', 'http://kong:hunter2@gw-1:8001', 'x.nodes[0].admin', /holds a password/],
    ['y.nodes.1.proxy', 'http://kong:hunter2@gw-1:8000', 'y.nodes[1].proxy', /holds a password/],
    ['backup.s3.endpoint', 'https://key:hunter2@s3', 'backup.s3.endpoint', /holds a password/],
    ['gates', { finish: { approvers: ['ann'], quorum: 2 } }, 'gates.finish.quorum', /expected at most 1: .*never/],
    ['gates', { start: { approvers: ['ann', 'starter'], quorum: 2 } }, 'gates.start.quorum', /1: .*without starter/],
    ['gates', { shift: { approvers: ['starter'] } }, 'gates.shift.quorum', /expected at most 0/],
    ['gates', { start: { approvers: [''] } }, 'gates.start.approvers[0]', /^expected text, it is empty$/],
    ['gates', { start: 'ann' }, 'gates.start', /^expected false, or \{ "approvers"/],
    ['keep', '91d', 'keep', /^expected at most 90d$/],
    ['verdict', { every: '99ms' }, 'verdict.every', /^expected at least 100ms$/],
    ['path.reason', '  ', 'path.reason', /^expected text, it is empty$/],
    ['rehearsed', { waiver: { by: 'ann', reason: ' ' } }, 'rehearsed.waiver.reason', /^expected text, it is empty$/],
    ['rehearsed', {}, 'rehearsed', /expected \{ "workflow"/],
    ['reportDirectory', 'reports', 'reportDirectory', /^expected an absolute path$/],
    ['database.host', undefined, 'database.host', /^is missing$/],
    ['database.port', 'many', 'database.port', /^expected a number$/],
    ['database.port', 0, 'database.port', /^expected at least 1$/],
    ['traffic.steps', [], 'traffic.steps', /^expected at least one$/],
    ['x.nodes', 'x1', 'x.nodes', /^expected a list$/],
    ['database', undefined, 'database', /^is missing$/],
    ['path.accept', 'any', 'path.accept', /^expected "patch" or "minor"/],
    ['x.runs.env', { lower: 'case' }, 'x.runs.env.lower', /^expected a name of capital letters/],
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

  it('with faults between places tells them although those places have other faults', () => {
    const steps = [
      { y: 50, bake: 'soon' },
      { y: 25, bake: '1s', colour: 'red' },
    ];
    const side = { ...sound().y, version: '3.6.1', nodes: [{}] };
    const found = paths({ ...sound(), y: side, traffic: { ...sound().traffic, steps } });
    for (const path of [
      'traffic.steps[0].bake',
      'traffic.steps[1].colour',
      'y.nodes[0].name',
      'y.nodes[0].prefix',
      'y.version',
    ])
      expect(found).toContain(path);
    expect(found.filter((path) => path === 'traffic.steps[1].y')).toHaveLength(2);
    expect(paths(changed('traffic.steps', []))).toEqual(['traffic.steps']);
  });

  it('with a secret in it is not told back with that secret, in the words of the schema neither', () => {
    const address = 'http://kong:hunter2@gw-1:8001';
    const { faults } = parsePlan({
      ...(changed('x.admin', { headers: { Cookie: 'hunter2', 'X-Team': 'gateways' } }) as object),
      y: {
        ...sound().y,
        nodes: [1, 2].map((n) => ({ name: `y${n}`, proxy: address, admin: address, status: address })),
      },
    });
    expect(faults.map(({ path }) => path)).toContain('x.admin.headers.Cookie');
    expect(faults.map(({ path }) => path)).not.toContain('x.admin.headers.X-Team');
    expect(JSON.stringify(faults)).not.toContain('hunter2');
    expect(JSON.stringify(faults)).not.toMatch(/Too small|Invalid/);
  });

  it('may refer to secrets, and expect a cookie to come back', () => {
    const headers = { apikey: { env: 'STAGE_KEY' }, accept: 'text/html' };
    const expected = { status: 200, headers: { 'set-cookie': 'a=b' } };
    const input = changed('stage.tests', [{ name: ' shop ', path: '/', headers, expect: expected }]);
    const { plan, faults } = parsePlan(input);
    expect(faults).toEqual([]);
    expect(plan?.stage.tests[0]?.name).toBe('shop');
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
