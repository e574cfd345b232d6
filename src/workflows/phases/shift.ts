import { addressesOf, metricsOf } from '../../domain/plan/addresses.ts';
import { Interruption } from '../interruption.ts';
import type { StepStatus } from '../../domain/status/index.ts';
import { proveNoDrift } from '../drift.ts';
import { watchingWeights } from '../lookout.ts';
import { passGate } from '../gate.ts';
import { now } from '../journal.ts';
import { untilResumed } from '../phase.ts';
import { run } from '../proxies.ts';
import { together } from '../together.ts';
import { moveTraffic, proveCarried, undoStep } from '../traffic.ts';
import { returnTraffic } from '../undo-acts.ts';
import type { Upgrade } from '../upgrade.ts';
import { breach, reasonsOf, watchTraffic } from '../watched.ts';
import { plural } from '../../domain/plural.ts';

/** Moves the traffic step by step. Only a `pass` goes on to the next one. */
export async function shift(u: Upgrade): Promise<string> {
  const { traffic } = u.journal.status;
  u.control.shifting = true;
  u.undos.register('returnTraffic', returnTraffic(u));
  // After a hold without a retreat the traffic is already at some step: go on there.
  for (const step of traffic.steps.filter(({ y }) => y >= traffic.weight)) await shiftTo(u, step);
  return `100 % of the traffic on Y in ${plural(traffic.steps.length, 'step')}`;
}

async function shiftTo(u: Upgrade, step: StepStatus): Promise<void> {
  const { plan, journal } = u;
  await untilResumed(u);
  step.state = 'waiting';
  try {
    if (step.approve) await passGate(u, `shift:${step.y}`, plan.gates.shift);
    await together(
      () => proveNoDrift(u, `before ${step.y} %`),
      () => proveCapacity(u, step.y),
    );
    step.state = 'running';
    const before = journal.status.traffic.weight;
    journal.say(`moving ${step.y} % of the traffic to Y`);
    await moveTraffic(u, step.y);
    step.bakeStartedAt = now();
    await undoneUnlessArrived(u, before, () =>
      // The watch begins with the first request that Y gets, not only once the share is measured.
      watchingWeights(u, () =>
        together(
          () => proveCarried(u, step.y),
          () => proveArrival(u, step.y),
          () => bake(u, step),
        ),
      ),
    );
    step.state = 'passed';
  } catch (error) {
    step.state = 'failed';
    journal.publish();
    throw error;
  }
}

/** A share that does not arrive is no fault of Y: the step is undone, and the upgrade holds with the weight before it. */
async function undoneUnlessArrived(u: Upgrade, before: number, step: () => Promise<unknown>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (error instanceof Interruption && error.kind === 'share') await undoStep(u, before);
    throw error;
  }
}

/** Every node of both sides must be ready: Y to take the share, X to take everything back. */
async function proveCapacity(u: Upgrade, weight: number): Promise<void> {
  const { x, y } = await run(u.acts.cluster.checkSides, `every node ready before ${weight} %?`, {
    x: addressesOf(u.plan.x),
    y: addressesOf(u.plan.y),
  });
  const missing = Object.entries({ ...x.notReady, ...y.notReady }).map(([name, reason]) => `${name}: ${reason}`);
  if (missing.length === 0) return;
  if (x.ready.length === 0 && y.ready.length === 0) {
    const both = `no node of either side is ready: it is what they share, the database (${missing.join('; ')})`;
    throw new Interruption('database', `${both}; the weights stay`, { code: 'BothSidesFail' });
  }
  const message = `no step to ${weight} % while nodes are not ready (${missing.join('; ')})`;
  throw new Interruption('failed', message, { code: 'NodesNotReady' });
}

/** The share that really arrives, by the counters of both sides. */
async function proveArrival(u: Upgrade, weight: number): Promise<void> {
  const { plan, acts, journal } = u;
  const budget = { within: plan.traffic.settle, tolerance: plan.traffic.tolerance };
  const measure = { x: metricsOf(plan.x), y: metricsOf(plan.y), weight, ...budget };
  const share = await run(acts.measure.measureShare, `does ${weight} % arrive?`, measure);
  journal.status.traffic.share = share;
  if (share.agrees) return;
  const range = `${share.share.toFixed(1)} % (${share.low.toFixed(1)} to ${share.high.toFixed(1)}) of ${share.requests} requests`;
  throw new Interruption('share', `the balancer says ${weight} %, but ${range} arrived at Y`, {
    code: 'ShareNotArriving',
  });
}

async function bake(u: Upgrade, step: StepStatus): Promise<void> {
  u.journal.say(`baking at ${step.y} %`);
  const result = await watchTraffic(u, `shift-${step.y}`, { bake: step.bake });
  const { verdict, both, control, x } = result.verdict;
  u.known.lastVerdict = result.verdict;
  if (control === 'x' && x !== undefined) u.known.lastOfX = x;
  if (verdict === 'fail' || both === true) throw breach(result);
  if (verdict === 'inconclusive') {
    const why = reasonsOf(result.verdict);
    throw new Interruption('inconclusive', `no verdict at ${step.y} %: ${why}`, { code: 'VerdictInconclusive' });
  }
}
