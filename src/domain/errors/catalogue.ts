/** One kind of failure: a stable code, and what a person needs to know about it. */
export interface ErrorKind {
  /** Temporal retries it by itself only when this is true. */
  readonly retryable: boolean;
  /** What happened, in general. */
  readonly what: string;
  /** What it means for the upgrade. */
  readonly means: string;
  /** What the operator does next. */
  readonly todo: string;
}

/** Keeps the codes as literal types while checking each entry. */
export function defineErrors<Code extends string>(kinds: Record<Code, ErrorKind>): Record<Code, ErrorKind> {
  return kinds;
}
