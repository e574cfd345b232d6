export type { MetricsAddresses, NodeAddresses, SideAddresses } from './addresses.ts';
export type { AdminAccess, CommandRunner, DatabaseRef, KongNode, LocalRunner, Runner, Side } from './cluster.ts';
export type { SecretRef, TextOrSecret } from './common.ts';
export type { BackupPlan, FreezePlan, Gate, HttpTest, S3Ref, StagePlan } from './safety.ts';
export type { TrafficPlan, TrafficStep, VerdictPlan } from './traffic.ts';
export { planSchema, type Plan, type PlanInput } from './schema.ts';
export { parsePlan, type Fault } from './parse.ts';
export { describePlan } from './describe.ts';
export { toPlanInput } from './to-input.ts';
