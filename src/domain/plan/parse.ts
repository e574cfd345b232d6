import type { z } from 'zod';
import { crossFaults } from './cross-faults.ts';
import { toPath, type Fault } from './fault.ts';
import { inlineSecrets } from './inline-secrets.ts';
import { lockOutWithoutRole } from './lock-out-faults.ts';
import { planSchema, type Plan } from './schema.ts';
import { inWords } from './words.ts';

/** Checks a plan and fills in its defaults. Reports every fault at once. */
export function parsePlan(input: unknown): { plan: Plan; faults: [] } | { plan: undefined; faults: Fault[] } {
  const parsed = planSchema.safeParse(input, { error: inWords });
  const structural = parsed.success ? [] : parsed.error.issues.flatMap((issue) => toFaults(issue));
  const faults = [...structural, ...inlineSecrets(input), ...crossFaults(input)];
  if (parsed.success && faults.length === 0) faults.push(...lockOutWithoutRole(parsed.data));
  if (parsed.success && faults.length === 0) return { plan: parsed.data, faults: [] };
  return { plan: undefined, faults };
}

function toFaults(issue: z.core.$ZodIssue, within: readonly PropertyKey[] = []): Fault[] {
  const path = [...within, ...issue.path];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: toPath([...path, key]), message: 'is not known here' }));
  const meant = issue.code === 'invalid_union' ? branchMeant(issue) : undefined;
  if (meant !== undefined) return meant.flatMap((one) => toFaults(one, path));
  return [{ path: toPath(path), message: issue.message }];
}

/** The one alternative of a union whose fields somebody tried to fill in: its faults say more than the union's. */
function branchMeant({ errors }: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] | undefined {
  const strange = ({ code }: z.core.$ZodIssue): boolean => code === 'unrecognized_keys';
  const tried = errors.filter((issues) => issues.every((issue) => issue.path.length > 0 || strange(issue)));
  const known = tried.filter((issues) => !issues.some(strange));
  const [best, ...others] = known.length > 0 ? known : tried;
  return others.length === 0 ? best : undefined;
}
