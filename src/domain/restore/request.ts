import { z } from 'zod';
import { absolutePath, words } from '../plan/common.ts';
import { impossibleGates } from '../plan/cross-faults.ts';
import { fieldsOf, toPath, type Fault } from '../plan/fault.ts';
import { parsePlan, type Plan } from '../plan/index.ts';
import { inWords } from '../plan/words.ts';

const SHAPE =
  'expected { "plan": {...}, "backup": "<a name of `crossfade backups`, or latest>", "startedBy", "folder", "only" }';

const request = z.strictObject(
  {
    plan: z.unknown(),
    /** As `crossfade backups` shows it, the beginning of one, or `latest`. */
    backup: z.string().trim().min(1).max(300),
    /** Who starts the restore; never counts as an approver. */
    startedBy: words.max(200).optional(),
    /** On the host of Y's runner: static files, decK's dumps and the keyring go below it. */
    folder: absolutePath.optional(),
    only: z.enum(['files', 'database']).optional(),
  },
  SHAPE,
);

/** What a restore is asked for, with the plan's defaults filled in. */
export interface RestoreRequest {
  /** Its `startedBy` is who starts the restore: the one of the upgrade, where the restore names nobody. */
  readonly plan: Plan;
  readonly backup: string;
  /** Who the restore itself names. */
  readonly startedBy?: string;
  readonly folder?: string;
  readonly only?: 'files' | 'database';
}

/** Checks the argument of `restoreBackup`. Reports every fault at once, those of the plan included. */
export function parseRestoreRequest(
  input: unknown,
): { request: RestoreRequest; faults: [] } | { request: undefined; faults: Fault[] } {
  const parsed = request.safeParse(input, { error: inWords });
  const { plan: asked, startedBy: named } = fieldsOf(input);
  const { plan, faults: ofPlan } = parsePlan(named === undefined ? asked : withoutStarter(asked));
  const faults = [
    ...(parsed.success ? [] : parsed.error.issues.flatMap(toFaults)),
    ...impossible(fieldsOf(input)),
    ...[...ofPlan, ...(ofPlan.length === 0 ? neverApproved(fieldsOf(input)) : [])].map(({ path, message }) => ({
      path: path === toPath([]) ? 'plan' : `plan.${path}`,
      message,
    })),
  ];
  if (!parsed.success || plan === undefined || faults.length > 0) return { request: undefined, faults };
  const { backup, startedBy, folder, only } = parsed.data;
  const by = startedBy === undefined ? {} : { startedBy };
  const more = { ...(folder === undefined ? {} : { folder }), ...(only === undefined ? {} : { only }) };
  return { request: { plan: { ...plan, ...by }, backup, ...by, ...more }, faults: [] };
}

/** By the rule of the plan, with who starts the restore. */
const neverApproved = ({ plan, startedBy, only }: Readonly<Record<string, unknown>>): Fault[] =>
  only === 'files' ? [] : impossibleGates({ restore: fieldsOf(fieldsOf(plan)['gates'])['restore'] }, startedBy);

/** Who started the upgrade may approve a restore that somebody else starts. */
function withoutStarter(plan: unknown): unknown {
  const { startedBy, ...others } = fieldsOf(plan);
  return typeof startedBy === 'string' ? others : plan;
}

function toFaults(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: toPath([...issue.path, key]), message: 'is not known here' }));
  const path = issue.path.length === 0 ? '(the input)' : toPath(issue.path);
  return [{ path, message: issue.message }];
}

function impossible({ only, folder }: Readonly<Record<string, unknown>>): Fault[] {
  if (only === 'files' && folder === undefined)
    return [{ path: 'folder', message: 'is missing: with only "files" there is nothing else to do' }];
  if (only === 'database' && folder !== undefined)
    return [{ path: 'folder', message: 'is of no use with only "database": nothing is unpacked' }];
  return [];
}
