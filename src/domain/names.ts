/** Names that users and scripts rely on. */
export const TASK_QUEUE = 'crossfade';

/** The queue of what is bound to one host: its files, its processes. */
export const hostTaskQueue = (host: string): string => `${TASK_QUEUE}@${host}`;

/** One workflow per cluster at a time: upgrade, rollback and restore share this id. */
export const upgradeWorkflowId = (cluster: string): string => `kong/${cluster}`;

export const PHASES = [
  'preflight',
  'freeze',
  'backup',
  'deploy',
  'migrate',
  'stage',
  'shift',
  'finish',
  'thaw',
  'watch',
  'decommission',
] as const;
export type PhaseName = (typeof PHASES)[number];

/** What a restore does, in order. */
export const RESTORE_STEPS = ['check', 'restore', 'swap', 'unpack'] as const;
export type RestoreStep = (typeof RESTORE_STEPS)[number];

/** Of whatever workflow. */
export type StepName = PhaseName | RestoreStep;

export const STATES = ['running', 'waiting', 'paused', 'retreating', 'held', 'unwinding', 'ended'] as const;
export type State = (typeof STATES)[number];

export const OUTCOMES = [
  'completed',
  'rolled-back',
  'refused',
  'rolled-back-with-faults',
  'completed-with-faults',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const MESSAGES = ['approve', 'reject', 'pause', 'resume', 'abort', 'retry', 'abandon', 'accept'] as const;
export type MessageName = (typeof MESSAGES)[number];

/** `start`, `finish`, `decommission`, `restore`, or `shift:<weight>` of a step that asks for it. */
export type GateName = 'start' | 'finish' | 'decommission' | 'restore' | `shift:${number}`;

/** X is today's cluster, Y the new one. */
export type SideName = 'x' | 'y';
