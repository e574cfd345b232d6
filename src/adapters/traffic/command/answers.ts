import { z } from 'zod';
import type { TrafficState, Verification } from '../../../domain/traffic/state.ts';

const MOST_NODES = 100;
const LONGEST = 300;

const answer = {
  weight: z.number().min(0).max(100),
  epoch: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  by: z.string().min(1).max(LONGEST).nullish(),
};
const out = z.array(z.string().min(1).max(LONGEST)).max(MOST_NODES);
const state = z.strictObject({ ...answer, out: out.default([]) });
/** Where nodes can be taken out, a state that does not say which are would hide one that was forgotten. */
const stateWithNodes = z.strictObject({ ...answer, out });
const verification = z.strictObject({ agrees: z.boolean(), what: z.string().min(1).max(LONGEST) });

export type Parsed<T> = { readonly value: T } | { readonly wrong: string };

/** What `read`, `set`, `out` and `in` print: what is in force. */
export function parseState(text: string, { nodes }: { nodes: boolean }): Parsed<TrafficState> {
  const parsed = parse(text, nodes ? stateWithNodes : state);
  if ('wrong' in parsed) return parsed;
  const { by, ...others } = parsed.value;
  if (by === undefined || by === null) return { value: others };
  return { value: { ...others, by } };
}

/** What `verify` prints. */
export const parseVerification = (text: string): Parsed<Verification> => parse(text, verification);

function parse<Schema extends z.ZodType>(text: string, schema: Schema): Parsed<z.output<Schema>> {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return { wrong: text.trim() === '' ? 'it printed nothing' : 'that is no JSON' };
  }
  const { success, data, error } = schema.safeParse(found);
  if (success) return { value: data };
  const faults = error.issues.map(({ path, message }) => [...path, message].join(': '));
  return { wrong: faults.join('; ') };
}
