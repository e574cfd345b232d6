import type { z } from 'zod';
import { classifyPath, parseVersion } from '../version.ts';
import { planSchema, type Plan } from './schema.ts';

/** One fault of a plan: where it is (`traffic.steps[0].y`) and what was expected. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

/** Checks a plan and fills in its defaults. Reports every fault at once. */
export function parsePlan(input: unknown): { plan: Plan; faults: [] } | { plan: undefined; faults: Fault[] } {
  const parsed = planSchema.safeParse(input);
  const faults = [...(parsed.success ? [] : parsed.error.issues.flatMap(toFaults)), ...crossFaults(input)];
  if (parsed.success && faults.length === 0) return { plan: parsed.data, faults: [] };
  return { plan: undefined, faults };
}

/** Rules between sections, over whatever sections are sound: a fault elsewhere must not hide them. */
function crossFaults(input: unknown): Fault[] {
  if (typeof input !== 'object' || input === null) return [];
  const raw = input as Record<string, unknown>;
  const x = planSchema.shape.x.safeParse(raw['x']).data;
  const y = planSchema.shape.y.safeParse(raw['y']).data;
  if (x === undefined || y === undefined) return [];
  const faults: Fault[] = [];

  const seen = new Map<string, string>();
  for (const [name, side] of Object.entries({ x, y })) {
    side.nodes.forEach((node, index) => {
      for (const key of ['name', 'proxy', 'admin', 'status', 'prefix'] as const) {
        const value = node[key];
        const place = `${name}.nodes[${index}].${key}`;
        if (value === undefined) continue;
        const other = seen.get(value);
        if (other !== undefined) faults.push({ path: place, message: `is the same as ${other} (${value})` });
        seen.set(value, place);
      }
    });
  }

  const [from, to] = [parseVersion(x.version), parseVersion(y.version)];
  if (from !== undefined && to !== undefined) {
    const kind = classifyPath(from, to);
    if (kind === 'same') faults.push({ path: 'y.version', message: `is the version that X has (${x.version})` });
    if (kind === 'downgrade')
      faults.push({ path: 'y.version', message: `is older than X's ${x.version}; a downgrade is not possible` });
  }
  return faults;
}

function toFaults(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: toPath([...issue.path, key]), message: 'is not known here' }));
  return [{ path: toPath(issue.path), message: issue.message }];
}

function toPath(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text.replace(/^\./, '') || '(the plan)';
}
