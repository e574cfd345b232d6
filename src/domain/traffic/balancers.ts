import type { SideName } from '../names.ts';
import type { Entry, Plan } from '../plan/index.ts';

/** One balancer, with all that its driver has to know: what one call of an activity reads or changes. */
export interface Balancer {
  /** For people. */
  readonly name: string;
  /** The host whose worker changes it; absent: any worker does. */
  readonly host?: string;
  readonly entry: Entry;
  /** Every weight of Y that the plan will ask for besides 0, ascending. */
  readonly weights: readonly number[];
  /** Names of the nodes. */
  readonly nodes: Readonly<Record<SideName, readonly string[]>>;
}

/** Every entry point of a plan; one, as a rule. */
export function entriesOf(traffic: Plan['traffic']): readonly Entry[] {
  if (traffic.via === 'several') return traffic.entries;
  // What an activity gets stands in the history once for each call.
  const { steps: _steps, settle: _settle, tolerance: _tolerance, drain: _drain, ...entry } = traffic;
  return [entry];
}

/** Every balancer of a plan, in the order of the plan. An entry point on several hosts is several balancers. */
export function balancersOf({ x, y, traffic }: Pick<Plan, 'x' | 'y' | 'traffic'>): Balancer[] {
  const names = (nodes: readonly { name: string }[]) => nodes.map(({ name }) => name);
  const common = {
    weights: traffic.steps.map((step) => step.y),
    nodes: { x: names(x.nodes), y: names(y.nodes) },
  };
  return entriesOf(traffic).flatMap((entry) => {
    const name = entry.name ?? entry.via;
    const { host } = entry;
    if (host === undefined) return [{ name, entry, ...common }];
    if (typeof host === 'string') return [{ name, host, entry, ...common }];
    return host.map((one) => ({ name: host.length === 1 ? name : `${name} on ${one}`, host: one, entry, ...common }));
  });
}
