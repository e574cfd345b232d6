import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { PHASES, RESTORE_STEPS, type State, type StepName } from '../domain/names.ts';
import type { Plan } from '../domain/plan/index.ts';
import { balancersOf } from '../domain/traffic/balancers.ts';
import { renderStatus } from '../domain/status/render.ts';
import type { PhaseStatus, TimelineEntry, UpgradeStatus } from '../domain/status/index.ts';
import type { UpgradeRef } from '../domain/upgrade.ts';
import { searchAttributeKeys } from './search-attributes.ts';

/** The workflow's clock, ISO 8601. */
export const now = (): string => new Date().toISOString();

// A run that is held for weeks, or flooded with messages, must not grow without bound.
const MOST_TIMELINE_ENTRIES = 400;

/**
 * The state of the upgrade as people see it: the `status` and `timeline` queries, the details in the Temporal UI and the search
 * attributes all come from here.
 */
export class Journal {
  readonly status: UpgradeStatus;
  readonly timeline: TimelineEntry[] = [];
  /** Which search attributes the server has; an upsert of another one would loop for ever. */
  private usable: ReadonlySet<string> = new Set();
  private shown: Record<string, string | number | undefined> = {};

  constructor(upgrade: UpgradeRef, workflow: UpgradeStatus['workflow']) {
    this.status = {
      upgrade,
      workflow,
      state: 'running',
      now: 'reading the plan',
      faults: [],
      phases: (workflow === 'restoreBackup' ? RESTORE_STEPS : PHASES).map((name) => ({
        name,
        result: 'pending',
        attempts: 0,
      })),
      gates: [],
      traffic: { weight: 0, steps: [], weights: [], verdicts: [] },
      findings: [],
      backups: [],
      migrations: { ran: [] },
      undo: [],
      accepted: [],
      messages: { accepted: 0, refused: 0, bad: 0, last: [] },
    };
  }

  /** From now on the plan and the server's search attributes are known. */
  opened(plan: Plan, searchAttributes: readonly string[]): void {
    this.usable = new Set(searchAttributes);
    if (this.status.workflow === 'restoreBackup') return this.publish();
    this.status.from = plan.x.version;
    this.status.to = plan.y.version;
    this.status.traffic.steps.push(
      ...plan.traffic.steps.map(({ y, bake, approve }) => ({ y, bake, approve, state: 'pending' as const })),
    );
    const balancers = balancersOf(plan);
    if (balancers.length > 1) this.status.traffic.balancers = balancers.map(({ name }) => ({ name, weight: 0 }));
    this.publish();
  }

  note(kind: TimelineEntry['kind'], text: string): void {
    this.timeline.push({ at: now(), kind, text: text.slice(0, 500) });
    if (this.timeline.length > MOST_TIMELINE_ENTRIES) this.timeline.splice(50, 1);
    this.publish();
  }

  /** What the upgrade does or waits for now. */
  say(text: string): void {
    this.status.now = text;
    this.publish();
  }

  enter(state: State, text: string): void {
    this.status.state = state;
    this.say(text);
  }

  phase(name: StepName): PhaseStatus {
    const found = this.status.phases.find((phase) => phase.name === name);
    if (found === undefined) throw new TypeError(`no phase ${name}`);
    return found;
  }

  weight(weight: number, why: string): void {
    this.status.traffic.weight = weight;
    this.status.traffic.weights.push({ at: now(), weight, why });
    this.note('traffic', `${weight} % of the traffic on Y: ${why}`);
  }

  /** One of several balancers was read back. */
  balancer(name: string, weight: number): void {
    const { traffic } = this.status;
    const found = traffic.balancers?.find((one) => one.name === name);
    if (found !== undefined) found.weight = weight;
    this.publish();
  }

  /** Shows the state in the Temporal UI. Costs no history event but for a search attribute that changed. */
  publish(): void {
    setCurrentDetails(renderStatus(this.status, Date.now()));
    const gate = this.status.gates.find((one) => one.state === 'open')?.gate;
    const changed: SearchAttributeUpdatePair[] = [];
    const offer = <T extends string | number>(
      key: { name: string },
      value: T | undefined,
      pair: (v: T | null) => SearchAttributeUpdatePair,
    ) => {
      if (!this.usable.has(key.name) || this.shown[key.name] === value) return;
      this.shown[key.name] = value;
      changed.push(pair(value ?? null));
    };
    const keys = searchAttributeKeys;
    offer(keys.cluster, this.status.upgrade.cluster, (value) => ({ key: keys.cluster, value }));
    offer(keys.phase, this.status.phase, (value) => ({ key: keys.phase, value }));
    offer(keys.weight, this.status.traffic.weight, (value) => ({ key: keys.weight, value }));
    offer(keys.gate, gate, (value) => ({ key: keys.gate, value }));
    offer(keys.outcome, this.status.outcome, (value) => ({ key: keys.outcome, value }));
    if (changed.length > 0) upsertSearchAttributes(changed);
  }
}
