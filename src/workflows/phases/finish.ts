import { CancellationScope, sleep } from '@temporalio/workflow';
import { rehearsalIsWaived } from '../../domain/migrations/index.ts';
import type { MigrationState } from '../../domain/migrations.ts';
import type { GateStatus } from '../../domain/status/index.ts';
import { addressesOf } from '../../domain/plan/addresses.ts';
import { noteCut } from '../cut.ts';
import { proveNoDrift } from '../drift.ts';
import { askPeople } from '../gate.ts';
import { Interruption } from '../interruption.ts';
import { watchingWeights } from '../lookout.ts';
import { now } from '../journal.ts';
import { run } from '../proxies.ts';
import { balancersOn } from '../traffic.ts';
import { letXIn, startX } from '../undo-acts.ts';
import { unlessCancelled } from '../unless-cancelled.ts';
import type { Upgrade } from '../upgrade.ts';
import { whileWatched } from '../watched.ts';
import { remember, toBeTried } from '../take-backup.ts';
import { together } from '../together.ts';
import { backupBeforeFinish } from './backup-before-finish.ts';
import { guard } from './guard.ts';
import { newBaseline, proveXClean } from './migrate.ts';
import { refreshY } from './refresh.ts';
import { tellSessions } from './tell-sessions.ts';
import { plural } from '../../domain/plural.ts';

/** From the stop of X to the seal: longer than this, and X is started again. */
const STRETCH_MS = 60_000;
/** What X gets of that to end what it has, after it had its time before. */
const STOP_MS = 10_000;

/**
 * `kong migrations finish`, the point of no return: rehearsed on a copy, approved, guarded, and then X stopped, the seal and the
 * command in one stretch.
 */
export async function finish(u: Upgrade): Promise<string> {
  const { journal, known } = u;
  if (!u.control.sealed) {
    // What somebody else sets is a guardrail's matter once people have decided: when X is stopped, X has to come back first.
    await whileWatched(u, 'finish', () => untilSealed(u), { throughForeign: true });
  } else if (journal.status.seal === undefined) {
    // The seal was sent, and nobody could tell whether it arrived: writing the same one again is harmless.
    await seal(u);
  }
  if (!known.finishHasWork) return 'nothing was pending; X is stopped and kept';

  if (known.finished !== true) await migrateFinish(u);
  await refreshY(u);
  return `${plural(known.ranAtFinish ?? 0, 'migration')} finished, every node of Y reloaded and tested`;
}

async function untilSealed(u: Upgrade): Promise<void> {
  const gate = await watchingWeights(u, () => rehearseAndAsk(u));
  u.known.finishApprovedBy = gate.approvals.map(({ by }) => by);
  await drainX(u);
  await proveSafe(u, gate);
  await withinStretch(u, () => stopAndSeal(u, gate));
}

async function rehearseAndAsk(u: Upgrade): Promise<GateStatus> {
  const [findings, state] = await together(
    () => tellSessions(u),
    () => readMigrations(u),
    () => proveXClean(u, 'before `finish`'),
  );
  // Whoever approves knows it.
  u.journal.note('note', await rehearse(u, state));
  return askPeople(u, 'finish', u.plan.gates.finish, findings);
}

/** Once: a `retry` after it must not take what was written since for what `finish` changed. */
async function migrateFinish(u: Upgrade): Promise<void> {
  const { journal, known } = u;
  journal.say('kong migrations finish');
  const { y, database } = u.plan;
  const command = { cluster: y, database, upgrade: u.ref };
  const done = await run(u.acts.migrate.migrateFinish, 'kong migrations finish', command);
  journal.status.migrations.after = done.after;
  await newBaseline(u, 'finish');
  known.finished = true;
  known.ranAtFinish = done.ran.length;
}

function readMigrations({ plan: { y, database }, acts }: Upgrade): Promise<MigrationState> {
  return run(acts.hostOfY.readMigrations, 'what is pending', { side: 'y' as const, cluster: y, database });
}

async function rehearse(u: Upgrade, state: MigrationState): Promise<string> {
  const { plan, known, acts, ref, journal } = u;
  const { y, database, stage } = plan;
  known.finishHasWork = state.pending.length > 0;
  if (!known.finishHasWork) {
    journal.status.migrations.after = state;
    return 'nothing is pending, so `finish` has nothing to do and was not rehearsed';
  }
  await backupBeforeFinish(u);
  if (known.backup === undefined)
    throw new Interruption('failed', '`finish` needs a verified backup, and there is none');
  if (rehearsalIsWaived(plan.migrations.accept)) return '`finish` was not rehearsed: the plan does without';
  journal.say('rehearsing `finish` on a copy');
  const rehearsal = await run(acts.rehearsal.rehearseFinish, 'rehearse `finish` on a copy', {
    ...toBeTried(u, known.backup),
    plan: { y, database, stage },
    upgrade: ref,
  });
  if (rehearsal.backup !== undefined) remember(u, rehearsal.backup);
  if (rehearsal.skipped !== undefined) return `\`finish\` was not rehearsed: ${rehearsal.skipped}`;
  return `\`finish\` rehearsed on a copy: ${plural(rehearsal.migrations.length, 'migration')}, ${plural(rehearsal.testsPassed, 'test')} passed`;
}

/** What still runs on X, WebSockets too, may take as long as the plan gives it; nobody has to hurry yet. */
async function drainX({ plan, acts, journal }: Upgrade): Promise<void> {
  journal.say('waiting for what still runs on X to end');
  const wait = { cluster: addressesOf(plan.x), drain: plan.traffic.drain };
  await run(acts.drain.drainNodes, 'what still runs on X ends', wait);
}

/** Drift is no fault of Y: here it holds with the traffic where it is, and a person may accept it; a broken guardrail retreats. */
async function proveSafe(u: Upgrade, gate: GateStatus): Promise<void> {
  u.journal.say('guardrails, before X is stopped');
  await proveNoDrift(u, 'before `finish`');
  await guard(u, gate, false);
}

/** X stopped, guardrails again, the seal. */
async function stopAndSeal(u: Upgrade, gate: GateStatus): Promise<void> {
  const { plan, acts, journal, known } = u;
  const { x, database, traffic } = plan;
  u.undos.register('startX', startX(u));
  journal.say('stopping X');
  const { weight } = journal.status.traffic;
  const balancers = balancersOn(u, x.runs.host);
  const stop = { side: 'x' as const, cluster: x, database, drain: Math.min(traffic.drain, STOP_MS), balancers, weight };
  const { stopped, cut } = await run(acts.nodesOfX.stopNodes, 'stop X, keep it', stop);
  journal.note('note', `X is stopped and kept (${stopped.join(', ')})`);
  noteCut(u, 'X', cut);
  journal.say('guardrails, X is stopped');
  await guard(u, gate, true);
  await lockOutX(u);
  // With nothing pending X could come back at any time: then the seal is written at `thaw`.
  if (!known.finishHasWork) return;
  await seal(u);
}

/** X can't come back, whoever starts a node of it: until the upgrade has ended. */
async function lockOutX(u: Upgrade): Promise<void> {
  const { plan, known, journal, undos } = u;
  const told = known.sessions?.told;
  if (!plan.sessions.lockOutX || told?.by !== 'role') return;
  undos.register('letXIn', letXIn(u));
  const { roles } = told;
  await run(u.acts.roles.lockOutX, "X's role may not log on", { database: plan.database, upgrade: u.ref, roles });
  journal.note('note', `locked out until the upgrade has ended: ${roles.join(', ')}`);
}

/** Writes the point of no return into the database. */
export async function seal(u: Upgrade): Promise<void> {
  const approvedBy = u.known.finishApprovedBy ?? [];
  const input = { database: u.plan.database, upgrade: u.ref, approvedBy };
  await unlessCancelled(() => {
    // Once this is sent nobody can tell whether it arrived: an abort is refused from here on.
    u.control.sealed = true;
    return run(u.acts.finish.writeSeal, 'seal: no way back', input);
  });
  u.undos.clear();
  u.journal.status.seal = { at: now(), approvedBy };
  u.journal.note('note', `sealed, approved by ${approvedBy.join(', ')}: there is no way back from here`);
}

/** Gives up when the stretch takes too long; X is then started again by the undo. Once the seal is sent, it is not given up. */
async function withinStretch(u: Upgrade, stretch: () => Promise<void>): Promise<void> {
  const scope = new CancellationScope();
  const timer = new CancellationScope();
  let late = false;
  let reached = '';
  const limit = timer
    .run(() => sleep(STRETCH_MS, { summary: 'X stopped and sealed within this time' }))
    .then(
      () => {
        late = !u.control.sealed;
        reached = u.journal.status.now;
        if (late) scope.cancel();
      },
      // Cancelled, by an abort too, while the stretch has not ended: a rejection that nobody handles would stop the workflow.
      () => undefined,
    );
  try {
    await scope.run(stretch);
  } catch (error) {
    if (!late) throw error;
    const message = `X could not be stopped and the seal written within ${STRETCH_MS / 1000} s (reached: ${reached})`;
    throw new Interruption('failed', message, { code: 'StretchTooLong' });
  } finally {
    timer.cancel();
    await limit;
  }
}
