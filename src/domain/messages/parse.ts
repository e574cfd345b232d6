import { z } from 'zod';
import { PHASES, RESTORE_STEPS, type MessageName, type StepName } from '../names.ts';

const text = (most: number) => z.string().trim().min(1).max(most);

// One object each, so that fields can be added later. Unknown keys are let through: a caller's extra field is no reason
// to ignore an `abort`.
const by = text(200);
const comment = text(2_000).optional();

const schemas = {
  approve: z.object({ by, comment, gate: text(40).optional() }),
  reject: z.object({ by, comment, reason: comment, gate: text(40).optional() }),
  pause: z.object({ by, comment, reason: comment }),
  resume: z.object({ by, comment, reason: comment }),
  abort: z.object({ by, comment, reason: comment }),
  retry: z.object({ by, comment, reason: comment, phase: z.enum([...PHASES, ...RESTORE_STEPS]).optional() }),
  abandon: z.object({ by, comment, reason: comment }),
  accept: z.object({ by, comment, finding: text(200), reason: text(2_000) }),
} satisfies Record<MessageName, z.ZodType>;

/** A message of a person, parsed. `by` is a claim as long as nothing signs it. */
export interface Message {
  readonly name: MessageName;
  readonly by: string;
  /** The comment or the reason, whichever was given. */
  readonly reason?: string;
  readonly gate?: string;
  readonly finding?: string;
  readonly phase?: StepName;
}

/** Parses any payload, however wrong or large, without throwing. */
export function parseMessage(name: MessageName, payload: unknown): { message: Message } | { fault: string } {
  const parsed = schemas[name].safeParse(payload);
  if (!parsed.success) return { fault: describeFaults(name, parsed.error) };
  const { by: who, ...rest } = parsed.data as { by: string } & Record<string, string | undefined>;
  const reason = rest['reason'] ?? rest['comment'];
  return {
    message: {
      name,
      by: who,
      ...(reason === undefined ? {} : { reason }),
      ...(rest['gate'] === undefined ? {} : { gate: rest['gate'] }),
      ...(rest['finding'] === undefined ? {} : { finding: rest['finding'] }),
      ...(rest['phase'] === undefined ? {} : { phase: rest['phase'] as Message['phase'] & string }),
    },
  };
}

function describeFaults(name: MessageName, error: z.ZodError): string {
  const faults = error.issues.slice(0, 5).map((issue) => {
    const where = issue.path.join('.').slice(0, 60);
    return where === '' ? issue.message : `${where}: ${issue.message}`;
  });
  return `"${name}" takes one object such as ${EXAMPLES[name]}; ${faults.join('; ')}`.slice(0, 600);
}

/** What a well-formed payload looks like, for answers and descriptions. */
export const EXAMPLES: Record<MessageName, string> = {
  approve: '{"by":"ann","gate":"finish","comment":"looks good"}',
  reject: '{"by":"ann","gate":"finish","reason":"not today"}',
  pause: '{"by":"ann","reason":"lunch"}',
  resume: '{"by":"ann"}',
  abort: '{"by":"ann","reason":"customers complain"}',
  retry: '{"by":"ann","reason":"Y is repaired","phase":"shift"}',
  abandon: '{"by":"ann","reason":"next week"}',
  accept: '{"by":"ann","finding":"drift","reason":"a known consumer was added"}',
};
