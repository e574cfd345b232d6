import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { CrossfadeError } from '../domain/errors/index.ts';
import { parsePlan, type Plan } from '../domain/plan/index.ts';
import { plural } from '../domain/plural.ts';

/** A plan as it is in the file, and filled in. */
export interface ReadPlan {
  /** What the workflow gets: it fills in the defaults itself, and records them. */
  readonly raw: Record<string, unknown>;
  readonly plan: Plan;
}

/** Reads and checks a plan; `startedBy` stands in where the plan names nobody. Errors `PlanUnreadable` and `PlanInvalid`, the latter with every fault at once. */
export function readPlan(file: string, startedBy?: string): ReadPlan {
  const raw = withStarter(readPlanFile(file), startedBy);
  const { plan, faults } = parsePlan(raw);
  if (plan !== undefined) return { raw: raw as Record<string, unknown>, plan };
  const lines = faults.map(({ path, message }) => `  ${path}: ${message}`);
  const count = plural(faults.length, 'fault');
  throw new CrossfadeError('PlanInvalid', `${file} has ${count}:\n${lines.join('\n')}`);
}

/** A plan as it is in the file: nobody has checked it. Error `PlanUnreadable`. */
export const readPlanFile = (file: string): unknown => parse(file, read(file));

/** Who starts it matters to the check: a gate whose only approver that is could never be approved. */
function withStarter(raw: unknown, startedBy: string | undefined): unknown {
  const fields = typeof raw === 'object' && raw !== null && !Array.isArray(raw);
  return fields && startedBy !== undefined ? { startedBy, ...raw } : raw;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'is not there' : code === 'EISDIR' ? 'is a directory' : `can't be read (${code})`;
    throw new CrossfadeError('PlanUnreadable', `${file} ${why}.`, { cause });
  }
}

/** JSON, or else YAML. */
function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // YAML then; its messages also name the place of a slip in JSON.
  }
  const document = parseDocument(text, { prettyErrors: true });
  const [fault] = document.errors;
  if (fault === undefined) return toData(file, document);
  throw new CrossfadeError('PlanUnreadable', `${file} is neither JSON nor YAML: ${fault.message.trimEnd()}`);
}

function toData(file: string, document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CrossfadeError('PlanUnreadable', `${file} can't be read as YAML: ${why}`, { cause });
  }
}
