/** A named condition that must hold before `finish`. */
export interface Guardrail {
  readonly name: string;
  readonly holds: boolean;
  /** What was read, and what it should have been. */
  readonly message: string;
}
