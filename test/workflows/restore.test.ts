import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CrossfadeError } from '../../src/domain/errors/index.ts';
import type { Report } from '../../src/domain/report/index.ts';
import type { RestoreLook } from '../../src/domain/restore/index.ts';
import { renderStatus } from '../../src/domain/status/index.ts';
import { deferred, fails, waitsFor, type World } from '../support/fake-activities-world.ts';
import { testPlan } from '../support/workflow-environment-plan.ts';
import type { Run } from '../support/workflow-environment-run.ts';
import '../support/workflow-environment-patience.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';

let env: WorkflowEnvironment;
beforeAll(async () => void (env = await WorkflowEnvironment.create()));
afterAll(() => env.close());

interface Asked {
  readonly plan?: Parameters<typeof testPlan>[1];
  readonly world?: (world: World) => void;
  readonly backup?: unknown;
  readonly startedBy?: string;
  readonly folder?: unknown;
  readonly only?: unknown;
}

async function restore({ plan, world, backup = 'latest', ...rest }: Asked = {}): Promise<Run> {
  const cluster = env.nextCluster();
  world?.(env.world(cluster));
  return env.startWith(cluster, { plan: testPlan(cluster, plan), backup, ...rest }, 'restoreBackup');
}

/** What was done, but for messages to people and the report. */
const acts = ({ world }: Run): string[] => world.order().filter((key) => !['notify', 'writeReport'].includes(key));
const names = ({ world }: Run): string[] => [...world.databases.values()];

const TO_THE_GATE = ['openRestore', 'checkBackup', 'lookBeforeSwap', 'restoreBeside', 'askX', 'lookBeforeSwap'];
const KEPT = /^kong_before_restore_\d{14}$/;

describe.concurrent('a restore', () => {
  it('is checked, restored beside, shown, approved, looked at again and swapped; then it says what to do next', async () => {
    const run = await restore({ folder: '/srv/restored' });
    const { restore: shown, phases } = await run.untilGate('restore');
    expect(acts(run)).toEqual(TO_THE_GATE);
    expect(names(run)).toEqual(['kong', expect.stringMatching(/^crossfade_restore_[0-9a-z]{12}$/)]);
    expect(phases.map(({ name, result }) => [name, result])).toEqual([
      ...[
        ['check', 'done'],
        ['restore', 'done'],
        ['swap', 'running'],
        ['unpack', 'pending'],
      ],
    ]);
    const text = [...(shown?.plan ?? []), ...(shown?.present ?? [])].join('\n');
    expect(text).toMatch(/backup +a|latest/);
    expect(text).toContain('40 tables, 120 rows, 8.0 MB');
    expect(text).toMatch(/keeps +the old one, as kong_before_restore_\d{14}/);
    expect(text).toContain('public.services 4 → 6');
    expect(text).toContain('what was changed since is lost to Kong');
    expect(text).toContain('not as it was: the role reports is not there');
    expect(text).toContain('calls it clean');

    await run.signal('approve', { by: 'ann', gate: 'restore' });
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(acts(run)).toEqual([...TO_THE_GATE, 'lookBeforeSwap', 'swapNames', 'unpackBackup']);
    expect(names(run)).toEqual([expect.stringMatching(KEPT), 'kong']);
    const { restore: done, undo } = await run.status();
    expect(undo).toEqual([]);
    expect(done?.next.join('\n')).toMatch(/Start X \(Kong 3\.6\.1\).*nothing has to be thawed/);
    expect(done?.next.join('\n')).toMatch(/BEGIN; ALTER DATABASE "kong" RENAME TO "crossfade_restore_.*COMMIT;/);
    expect(done?.next.join('\n')).toContain('3 files of the backup are in /srv/restored/the-backup on h1');
    const { report } = run.world.calls.find(({ name }) => name === 'writeReport')?.input as { report: Report };
    expect(report).toMatchObject({ workflow: 'restoreBackup', outcome: 'completed', restore: { backup: 'latest' } });
    expect(report.summary).toMatch(/^The restored database is in place/);
    // Every backup may still be needed, whatever the plan's retention says.
    expect(run.world.order()).not.toContain('removeOldBackups');
  });

  it('of files only unpacks them: no gate, and the database is not looked at', async () => {
    const run = await restore({ folder: '/srv/restored', only: 'files' });
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(acts(run)).toEqual(['openRestore', 'checkBackup', 'unpackBackup']);
    const { phases, gates } = await run.status();
    expect(phases.map(({ result }) => result)).toEqual(['done', 'skipped', 'skipped', 'done']);
    expect(gates).toEqual([]);
  });

  it.each([
    ['reject', /rejected gate restore: wrong backup/],
    ['abort', /ann aborted: wrong backup/],
  ] as const)('that people %s at the gate drops what it restored', async (message, reason) => {
    const run = await restore();
    await run.untilGate('restore');
    await run.signal(message, { by: 'ann', reason: 'wrong backup' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back', reason });
    expect(acts(run)).toEqual([...TO_THE_GATE, 'dropRestored']);
    expect(names(run)).toEqual(['kong']);
  });

  it('that nobody approves is dropped: time never swaps', async () => {
    const run = await restore({ plan: { gates: { start: false, restore: { expires: '300ms' } } } });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back', reason: /nobody approved gate restore/ });
    expect(names(run)).toEqual(['kong']);
  });

  it('is not approved by who started it', async () => {
    const run = await restore();
    await run.untilGate('restore');
    expect(await run.ask('approve', { by: 'starter' })).toMatchObject({ accepted: false, text: /can't approve/ });
    await run.signal('abort', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
  });

  it('is not approved by who started it, whoever the plan says started the upgrade', async () => {
    const run = await restore({ startedBy: 'sam' });
    const { restore: shown } = await run.untilGate('restore');
    expect(shown?.plan.join('\n')).toMatch(/started +by sam, who does not count as an approver/);
    expect(await run.ask('approve', { by: 'sam' })).toMatchObject({ accepted: false, text: /can't approve/ });
    expect(await run.ask('approve', { by: 'starter' })).toMatchObject({ accepted: true });
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
  });

  it('of what nobody can compare says so, and is not done before somebody accepts it by name', async () => {
    let why = 'kong can\'t read table "newtab"';
    const run = await restore({
      world: (world) => {
        world.on('lookBeforeSwap', async (_, usual) => {
          const found = (await usual()) as RestoreLook;
          const { oid = 1, bytes = 1 } = found.present ?? {};
          return { ...found, present: { oid, bytes, mark: 'unreadable', notCompared: why } };
        });
        world.on('swapNames', fails('DatabaseInUse'));
      },
    });
    const status = await run.untilGate('restore');
    expect(status.restore?.present.join('\n')).toMatch(/UNKNOWN +what will be lost: .*newtab/);
    expect(status.findings).toMatchObject([{ rule: 'loss-unknown', level: 'refuse', message: /newtab/ }]);
    expect(renderStatus(status, Date.now())).toMatch(
      /What will be lost is not known: .*newtab[\s\S]*--name accept .*loss-unknown/,
    );
    await run.signal('approve', { by: 'ann' });
    expect((await run.status()).now).toContain('accept loss-unknown');
    expect(acts(run)).not.toContain('swapNames');
    expect(await run.ask('accept', { by: 'bob', finding: 'loss-unknown', reason: 'it is empty' })).toMatchObject({
      accepted: true,
    });
    // Held for something else: what was accepted is not asked again, unless it is another thing.
    await run.untilState('held');
    expect(run.world.order().filter((key) => key === 'swapNames')).toHaveLength(1);
    why = 'kong can\'t read table "another"';
    await run.signal('retry', { by: 'ann' });
    await run.until('it asks for the other one', ({ now }) => now.includes('accept loss-unknown'));
    await run.signal('reject', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
  });

  it('that can not be compared any more after the approval is held, with why', async () => {
    const run = await restore();
    await run.untilGate('restore');
    run.world.on('lookBeforeSwap', async (_, usual) => {
      const found = (await usual()) as RestoreLook;
      return { ...found, present: { oid: 1, bytes: 1, mark: 'unreadable', notCompared: 'permission denied' } };
    });
    await run.signal('approve', { by: 'ann' });
    expect((await run.untilState('held')).failure).toMatchObject({ message: /not known.*permission denied/ });
    await run.signal('abandon', { by: 'ann' });
    await run.result();
  });

  it('that is cancelled while it restores drops what is there of it', async () => {
    const { promise, resolve } = deferred();
    const run = await restore({ world: (world) => world.on('restoreBeside', waitsFor(promise)) });
    await run.world.began('restoreBeside');
    await run.handle.cancel();
    await run.until('the abort is in', ({ abort }) => abort !== undefined);
    resolve();
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(acts(run)).toEqual(['openRestore', 'checkBackup', 'lookBeforeSwap', 'restoreBeside', 'dropRestored']);
  });

  it.each([
    ['checkBackup', 'BackupDamaged', 'refused', ['openRestore', 'checkBackup']],
    ['checkBackup', 'CannotDecrypt', 'refused', ['openRestore', 'checkBackup']],
    ['restoreBeside', 'RestoreDiffers', 'rolled-back', [...TO_THE_GATE.slice(0, 4), 'dropRestored']],
    ['askX', 'NotCleanForX', 'rolled-back', [...TO_THE_GATE.slice(0, 5), 'dropRestored']],
  ] as const)('in which %s ends with %s is %s', async (key, code, outcome, done) => {
    const run = await restore({ world: (world) => world.on(key, fails(code)) });
    expect(await run.result()).toMatchObject({ outcome, reason: `made to fail with ${code}` });
    expect(acts(run)).toEqual(done);
    expect(names(run)).toEqual(['kong']);
    expect((await run.status()).failure).toMatchObject({ code, todo: expect.any(String) as string });
  });

  it('is refused while nodes run, each of them named, before anything is restored', async () => {
    const obstacles = ['node x1 of X (http://127.0.0.1:8011) answers: stop it', 'there is a database a already'];
    const run = await restore({ world: (world) => (world.obstacles = obstacles) });
    expect(await run.result()).toMatchObject({ outcome: 'refused', reason: obstacles.join('; ') });
    expect(acts(run)).toEqual(TO_THE_GATE.slice(0, 3));
  });

  it('is held when a node came back after the approval; a retry shows everything and asks again', async () => {
    const run = await restore();
    await run.untilGate('restore');
    run.world.obstacles = ['node x1 of X answers: stop it'];
    await run.signal('approve', { by: 'ann', gate: 'restore' });
    const { failure, hold } = await run.untilState('held');
    expect(failure).toMatchObject({ phase: 'swap', code: 'RestoreRefused', message: /x1/ });
    expect(hold).toMatchObject({ canRetryFrom: ['swap'], expiresAt: expect.any(String) as string });
    run.world.obstacles = [];
    await run.signal('retry', { by: 'ann', phase: 'swap' });
    await run.until(
      'the gate is open again',
      ({ gates }) => gates.filter(({ state }) => state === 'open').length === 1,
    );
    expect((await run.gates()).map(({ state }) => state)).toEqual(['approved', 'open']);
    await run.signal('approve', { by: 'ann', gate: 'restore' });
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    // Restored once.
    expect(acts(run).filter((key) => key === 'restoreBeside')).toHaveLength(1);
  });

  it('is held when somebody wrote since the gate opened: who approved did not see it', async () => {
    const run = await restore();
    await run.untilGate('restore');
    run.world.mark = 'another one';
    await run.signal('approve', { by: 'ann', gate: 'restore' });
    expect((await run.untilState('held')).failure?.message).toContain('somebody wrote to kong');
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(acts(run).at(-1)).toBe('dropRestored');
  });

  it('is held when somebody connects just before the swap; abandoned it drops what it restored', async () => {
    const run = await restore({ world: (world) => world.on('swapNames', fails('DatabaseInUse', 'psql is in it')) });
    await run.approve('restore');
    expect((await run.untilState('held')).failure).toMatchObject({ code: 'DatabaseInUse', message: 'psql is in it' });
    expect(await run.ask('abort', { by: 'ann' })).toMatchObject({ accepted: true });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(names(run)).toEqual(['kong']);
  });

  it('with `onFailure: unwind` does not wait for a person', async () => {
    const run = await restore({
      plan: { onFailure: { then: 'unwind' } },
      world: (world) => world.on('swapNames', fails('DatabaseInUse')),
    });
    await run.approve('restore');
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
  });

  it('refuses an abort while the names are swapped, and afterwards', async () => {
    const { promise, resolve } = deferred();
    const run = await restore({
      folder: '/srv/restored',
      world: (world) => {
        world.on('swapNames', waitsFor(promise));
        world.on('unpackBackup', fails('UnpackFailed', 'the disk is full'));
      },
    });
    await run.approve('restore');
    await run.world.began('swapNames');
    const refused = { accepted: false, text: /names of the databases are swapped, or just being swapped/ };
    expect(await run.ask('abort', { by: 'ann' })).toMatchObject(refused);
    resolve();
    // What is left to do is held, and never undoes the swap.
    expect((await run.untilState('held')).failure).toMatchObject({ phase: 'unpack', message: 'the disk is full' });
    expect(await run.ask('abort', { by: 'ann' })).toMatchObject(refused);
    expect((await run.status()).hold?.expiresAt).toBeUndefined();
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'completed-with-faults' });
    expect(names(run)).toEqual([expect.stringMatching(KEPT), 'kong']);
  });

  it('in which nobody knows whether the swap arrived asks the server, and leaves it when it did', async () => {
    const run = await restore({
      world: (world) =>
        world.on('swapNames', async (_, usual) => {
          await usual();
          throw new CrossfadeError('SecretMissing', 'the connection broke');
        }),
    });
    await run.approve('restore');
    await run.until('it is held', ({ state }) => state === 'held');
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'completed-with-faults' });
    expect(names(run)).toEqual([expect.stringMatching(KEPT), 'kong']);
  });

  it('of what an upgrade has finished is followed by a rollback: it finds no seal, starts X and sends all traffic there', async () => {
    const cluster = env.nextCluster();
    Object.assign(env.world(cluster), { weight: 100, xUp: false, yUp: false });
    const run = await env.startWith(cluster, testPlan(cluster), 'rollbackUpgrade');
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(run.world).toMatchObject({ weight: 0, xUp: true, yUp: false });
  });

  it('and an upgrade exclude each other: the same id', async () => {
    const run = await restore();
    await run.untilGate('restore');
    const cluster = run.handle.workflowId.slice('kong/'.length);
    await expect(env.startWith(cluster, testPlan(cluster))).rejects.toBeInstanceOf(
      WorkflowExecutionAlreadyStartedError,
    );
    await run.signal('reject', { by: 'ann' });
    await run.result();
  });

  it('under another id than the cluster needs is refused', async () => {
    const cluster = env.nextCluster();
    const input = { plan: testPlan(cluster), backup: 'latest' };
    const run = await env.startWith(cluster, input, 'restoreBackup', `restore-of-${cluster}`);
    expect(await run.result()).toMatchObject({ outcome: 'refused', faults: [{ path: 'plan.cluster' }] });
  });

  it.each([undefined, null, 7, 'latest', [], { badPayload: 'unreadable' }])(
    'of nonsense (%j) is refused',
    async (input) => {
      const cluster = env.nextCluster();
      const run = await env.startWith(cluster, input, 'restoreBackup');
      expect(await run.result()).toMatchObject({ outcome: 'refused' });
      expect(acts(run)).toEqual(['openRestore']);
    },
  );

  it('tells every fault at once, with its path', async () => {
    const run = await restore({ backup: ' ', folder: 'not/absolute', only: 'everything', plan: { watch: 'soon' } });
    const { faults } = await run.result();
    expect(faults?.map(({ path }) => path)).toEqual(['backup', 'folder', 'only', 'plan.watch']);
    const other = await restore({ only: 'files' });
    expect((await other.result()).faults).toMatchObject([{ path: 'folder', message: /is missing/ }]);
  });
});
