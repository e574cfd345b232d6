export { judgeGuardrails, type GuardrailInput } from './judge.ts';
export type { Guardrail } from './types.ts';
