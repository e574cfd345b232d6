export type FindingLevel = 'pass' | 'warn' | 'refuse';

/** What a named rule found. The names are stable: people `accept` a finding by its rule. */
export interface Finding {
  readonly rule: string;
  readonly level: FindingLevel;
  /** What was found, on which thing. */
  readonly message: string;
  /** What to do about it; only with `warn` and `refuse`. */
  readonly hint?: string;
}

export const refusals = (findings: readonly Finding[]): Finding[] => findings.filter((one) => one.level === 'refuse');
