import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PHASES } from '../../src/domain/names.ts';
import '../support/workflow-environment-patience.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';
import { acts, expectOrder, type Order } from './order.ts';

let env: WorkflowEnvironment;
beforeAll(async () => void (env = await WorkflowEnvironment.create()));
afterAll(() => env.close());

const PREFLIGHT: Order = ['openUpgrade', ['checkRules', 'checkBalancer', 'checkHost:x', 'checkHost:y'], 'runTests:x'];
const FREEZE: Order = ['waitForQuiet', 'freezeConfiguration', 'takeBaseline'];
const BACKUP: Order = [
  ['dumpDatabase', 'dumpDeclarative', 'exportKeyring', 'storeFiles'],
  'sealBackup',
  'drillRestore',
  ['checkRules:frozen', 'checkBalancer', 'checkHost:x', 'checkHost:y'],
];
const MIGRATE: Order = [
  ...['checkDrift', 'migrateUp', 'checkDrift', 'takeBaseline'],
  ['readMigrations:x', 'runTests:x'],
  ...['checkNodes:x', 'setNodeOut:x2:out', 'restartNode:x2', 'runTests:x', 'setNodeOut:x2:in', 'startNodes:y'],
];
const STAGE: Order = ['compareEntities', ['runTests:y', 'compareAnswers']];
const step = (y: number): Order => [['checkDrift', 'checkSides'], `setWeight:${y}`, `measureShare:${y}`];
const BEFORE_GATE: Order = [['readMigrations:x', 'tellSessions', 'readMigrations:y']];
const GUARDS: Order = [['readTraffic', 'readFinishFacts']];
const reload = (node: string): Order => [
  `setNodeOut:${node}:out`,
  `reloadNode:${node}`,
  'runTests:y',
  `setNodeOut:${node}:in`,
];
const BEFORE_SHIFT: Order = [...PREFLIGHT, ...FREEZE, ...BACKUP, 'prepareNodes:y', ...MIGRATE, ...STAGE];

describe.concurrent('an upgrade without trouble', () => {
  it('with pending migrations: the seal comes before `finish`, and every node of Y is reloaded', async () => {
    const run = await env.start();
    await run.approve('finish');
    const { report, ...result } = await run.result();
    expect(result).toEqual({ cluster: run.handle.workflowId.slice('kong/'.length), outcome: 'completed' });
    expect(report?.jsonKey).toBe('crossfade/report.json');
    expectOrder(acts(run.world), [
      ...BEFORE_SHIFT,
      ...[...step(25), ...step(100)],
      ...[
        ...BEFORE_GATE,
        'dumpDatabase',
        'sealBackup',
        'rehearseFinish',
        'drainNodes',
        'checkDrift',
        ...GUARDS,
        'stopNodes:x',
        ...GUARDS,
        'writeSeal',
        'migrateFinish',
      ],
      ...['checkDrift', 'takeBaseline', ...reload('y1'), ...reload('y2')],
      ...['thawConfiguration', 'proveWritable', 'removeNodes:x', 'closeSeal'],
    ]);
  });

  it('with nothing pending: the seal is written at the thaw', async () => {
    const run = await env.start({ world: (world) => void (world.pendingAfterUp = false) });
    await run.approve('finish');
    expect((await run.result()).outcome).toBe('completed');
    expectOrder(acts(run.world), [
      ...BEFORE_SHIFT,
      ...[...step(25), ...step(100)],
      ...[...BEFORE_GATE, 'drainNodes', 'checkDrift', ...GUARDS, 'stopNodes:x', ...GUARDS],
      ...['checkDrift', 'writeSeal', 'thawConfiguration', 'proveWritable', 'removeNodes:x', 'closeSeal'],
    ]);
    expect(run.world.seal).toMatchObject({ closed: true, approvedBy: ['ann'] });
  });

  it('the status, the gates and the timeline tell all of it', async () => {
    const run = await env.start({ plan: { gates: {} } });
    const waiting = await run.untilGate('start');
    expect(waiting).toMatchObject({ state: 'waiting', phase: 'preflight', from: '3.6.1', to: '3.7.1' });
    await run.approve('start');
    await run.approve('finish', 'bob');
    await run.result();

    const status = await run.status();
    expect(status).toMatchObject({ state: 'ended', outcome: 'completed', traffic: { weight: 100 }, undo: [] });
    expect(status.phases.map(({ name, result, attempts }) => [name, result, attempts])).toEqual(
      PHASES.map((name) => [name, 'done', 1]),
    );
    expect(status.traffic.weights.map(({ weight }) => weight)).toEqual([25, 100]);
    expect(status.traffic.steps.map(({ state }) => state)).toEqual(['passed', 'passed']);
    expect(status.freeze).toMatchObject({ frozen: false, liftedAt: expect.any(String), guardedTables: 40 });
    expect(status.backups).toMatchObject([
      { label: 'before', objects: 3, verified: true, restored: true },
      { label: 'before-finish', objects: 1, verified: true, restored: true },
    ]);
    expect(status.seal?.approvedBy).toEqual(['bob']);
    expect(status.messages).toMatchObject({ accepted: 2, refused: 0, bad: 0 });
    expect(await run.gates()).toMatchObject([
      { gate: 'start', state: 'approved', quorum: 1, approvals: [{ by: 'ann' }] },
      { gate: 'finish', state: 'approved', quorum: 1, approvals: [{ by: 'bob' }] },
    ]);
    const begun = (await run.timeline()).filter(({ text }) => text.endsWith(' begins')).map(({ text }) => text);
    expect(begun).toEqual(PHASES.map((name) => `${name} begins`));
  });

  it('what a stop has cut is told, and what a reload has left to the old workers', async () => {
    const run = await env.start({
      world: (world) => {
        world.on('restartNode:x2', async () => ({ cut: 1 }));
        world.on('stopNodes:x', async (_, usual) => ({ ...((await usual()) as object), cut: 3 }));
        world.on('reloadNode:y2', async () => ({ running: 2 }));
      },
    });
    await run.approve('finish');
    await run.result();
    const told = (await run.timeline()).map(({ text }) => text).filter((text) => text.includes('WebSocket'));
    expect(told).toEqual([
      'x2: 1 request or WebSocket cut, which had not ended after 30 s',
      'X: 3 requests or WebSockets cut, which had not ended after 30 s',
      'y2: 2 requests or WebSockets of before its reload, left to the old workers until the end',
    ]);
  });

  it('5 steps make fewer than 600 events and 200 kB of history', async () => {
    const steps = [5, 25, 50, 75, 100].map((y) => ({ y, bake: '10ms' }));
    const plan = { traffic: { via: 'nginx', host: 'h1', directory: '/srv/nginx', steps } } as const;
    const run = await env.start({ plan });
    await run.approve('finish');
    expect((await run.result()).outcome).toBe('completed');
    const { raw, historyLength } = await run.handle.describe();
    expect(historyLength).toBeLessThan(600);
    expect(Number(raw.workflowExecutionInfo?.historySizeBytes)).toBeLessThan(200_000);
  });
});
