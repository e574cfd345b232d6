import type { Plan, PlanInput } from './schema.ts';

/** Fields that are durations, wherever they are; milliseconds in a filled-in plan, text in a written one. */
const DURATIONS: ReadonlySet<string> = new Set([
  'bake',
  'drain',
  'every',
  'expires',
  'extend',
  'keep',
  'limit',
  'quiet',
  'quietWithin',
  'settle',
  'watch',
]);

/** A filled-in plan as people write it, so that it can be kept, compared, and given to the workflow. */
export const toPlanInput = (plan: Plan): PlanInput => write(plan, '') as PlanInput;

function write(value: unknown, key: string): unknown {
  if (typeof value === 'number' && DURATIONS.has(key)) return durationText(value);
  if (Array.isArray(value)) return value.map((one) => write(one, ''));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, write(one, name)]));
}

/** The largest unit that gives a whole number. */
function durationText(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const;
  const unit = units.find(([, size]) => ms > 0 && ms % size === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}
