/** One fault of a plan: where it is (`traffic.steps[0].y`) and what was expected. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

/** The place of a fault as people write it. */
export function toPath(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text.replace(/^\./, '') || '(the plan)';
}

/** A value of a plan that nobody has checked yet, as fields; none where it has none. */
export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
