import { ACCEPTABLE_RISKS, isAcceptable } from '../migrations/index.ts';
import { classifyPath, parseVersion } from '../version.ts';
import { backupFaults } from './backup-faults.ts';
import { fieldsOf, listOf, type Fault } from './fault.ts';
import { holdsUserInfo } from './inline-secrets.ts';
import { leftOutFaults } from './left-out-faults.ts';
import { lockOutFaults } from './lock-out-faults.ts';
import { trafficFaults } from './traffic-faults.ts';

/** Rules between places of a plan, over the plan as it came: a fault elsewhere must not hide them. */
export function crossFaults(input: unknown): Fault[] {
  const plan = fieldsOf(input);
  const [x, y] = [fieldsOf(plan['x']), fieldsOf(plan['y'])];
  return [
    ...sharedAddresses({ x, y }),
    ...nodeNeeds('x', x),
    ...nodeNeeds('y', y),
    ...versions(x['version'], y['version']),
    ...unknownRisks(fieldsOf(plan['migrations'])['accept']),
    ...stepOrder(fieldsOf(plan['traffic'])['steps']),
    ...trafficFaults(plan),
    ...impossibleGates(plan['gates'], plan['startedBy']),
    ...lockOutFaults(plan),
    ...backupFaults(plan),
    ...leftOutFaults(plan),
  ];
}

type Fields = Readonly<Record<string, unknown>>;

function sharedAddresses(sides: Readonly<Record<'x' | 'y', Fields>>): Fault[] {
  const faults: Fault[] = [];
  const seen = new Map<string, string>();
  for (const [name, side] of Object.entries(sides)) {
    listOf(side['nodes']).forEach((node, index) => {
      for (const key of ['name', 'proxy', 'admin', 'status', 'prefix']) {
        const given = fieldsOf(node)[key];
        if (typeof given !== 'string') continue;
        const value = given.replace(/\/+$/, '');
        const place = `${name}.nodes[${index}].${key}`;
        const other = seen.get(value);
        const shown = holdsUserInfo(value) ? '' : ` (${value})`;
        if (other !== undefined) faults.push({ path: place, message: `is the same as ${other}${shown}` });
        seen.set(value, place);
      }
    });
  }
  return faults;
}

const NEEDS = new Map<unknown, readonly string[]>([
  ['local', ['prefix']],
  ['command', ['start', 'stop', 'reload']],
]);

/** What a node must have depends on what it runs on. */
function nodeNeeds(name: 'x' | 'y', side: Fields): Fault[] {
  const { on } = fieldsOf(side['runs']);
  const needs = NEEDS.get(on) ?? [];
  return listOf(side['nodes']).flatMap((node, index) =>
    needs
      .filter((key) => fieldsOf(node)[key] === undefined)
      .map((key) => ({
        path: `${name}.nodes[${index}].${key}`,
        message: `a node that runs on "${String(on)}" needs "${key}"`,
      })),
  );
}

function versions(x: unknown, y: unknown): Fault[] {
  if (typeof x !== 'string' || typeof y !== 'string') return [];
  const [from, to] = [parseVersion(x), parseVersion(y)];
  if (from === undefined || to === undefined) return [];
  const kind = classifyPath(from, to);
  if (kind === 'same') return [{ path: 'y.version', message: `is the version that X has (${x})` }];
  if (kind === 'downgrade')
    return [{ path: 'y.version', message: `is older than X's ${x}; a downgrade is not possible` }];
  return [];
}

function unknownRisks(value: unknown): Fault[] {
  return listOf(value).flatMap((one, index) => {
    const { risk } = fieldsOf(one);
    if (typeof risk !== 'string' || risk === '' || isAcceptable(risk)) return [];
    const message = `is no danger that can be accepted (${ACCEPTABLE_RISKS.join(', ')})`;
    return [{ path: `migrations.accept[${index}].risk`, message }];
  });
}

function stepOrder(value: unknown): Fault[] {
  const steps = listOf(value);
  const weights = steps.map((step) => fieldsOf(step)['y']);
  const faults: Fault[] = [];
  weights.forEach((weight, index) => {
    const before = weights[index - 1];
    if (typeof weight === 'number' && typeof before === 'number' && weight <= before)
      faults.push({ path: `traffic.steps[${index}].y`, message: `expected more than the step before (${before})` });
  });
  const last = weights.at(-1);
  if (typeof last === 'number' && last !== 100)
    faults.push({ path: `traffic.steps[${weights.length - 1}].y`, message: 'expected 100 in the last step' });
  return faults;
}

/** Gates that would stay closed whatever people do. */
export function impossibleGates(gates: unknown, startedBy: unknown): Fault[] {
  const starter = typeof startedBy === 'string' ? startedBy.trim() : undefined;
  return Object.entries(fieldsOf(gates)).flatMap(([name, gate]) => {
    const { approvers, quorum = 1 } = fieldsOf(gate);
    const named = listOf(approvers).filter((one) => typeof one === 'string');
    if (named.length === 0 || typeof quorum !== 'number') return [];
    const counted = new Set(named.map((one) => one.trim()));
    const without = starter !== undefined && counted.delete(starter) ? ` without ${starter}, who starts it` : '';
    if (quorum <= counted.size) return [];
    const message = `expected at most ${counted.size}: so many approvers can count${without}; the gate could never be approved`;
    return [{ path: `gates.${name}.quorum`, message }];
  });
}
