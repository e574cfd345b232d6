import type { Outcome } from '../../src/domain/names.ts';

export type ScenarioName = 'minor' | 'pending' | 'patch' | 'rollback' | 'retry' | 'crash' | 'writes' | 'drift';

export interface Scenario {
  readonly title: string;
  readonly from: string;
  readonly to: string;
  /** From 25 % on Y answers 5 % of its requests with errors. */
  readonly faultyY: boolean;
  /** The answer to the hold that follows. */
  readonly answer?: 'abandon' | 'retry';
  /** The worker is killed with `kill -9` once in every phase. */
  readonly killWorker: boolean;
  /** Writes are thrown at the Admin API of every node, from before the freeze until after the thaw. */
  readonly writers?: true;
  /** A superuser writes behind the guard's back, and switches it off. */
  readonly drift?: true;
  readonly outcome: Outcome;
  /** `up` leaves something for `finish`. */
  readonly leavesPending: boolean;
}

/** The weight from which on a faulty Y is faulty. */
export const FAULTY_FROM = 25;

const healthy = { faultyY: false, killWorker: false, outcome: 'completed', leavesPending: true } as const;
const minor = { leavesPending: true, from: '3.6.1', to: '3.7.1' } as const;

export const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  minor: { ...healthy, ...minor, title: 'an upgrade without trouble' },
  pending: {
    ...healthy,
    from: '3.4.2',
    to: '3.9.1',
    title: 'four migrations at once, five of them unfinished until `finish`',
  },
  patch: { ...healthy, from: '3.9.0', to: '3.9.1', leavesPending: false, title: 'a patch release: nothing to migrate' },
  rollback: {
    ...minor,
    title: 'Y answers 5 % errors from 25 % on: everything goes back, and a person gives up',
    faultyY: true,
    answer: 'abandon',
    killWorker: false,
    outcome: 'rolled-back',
  },
  retry: {
    ...minor,
    title: 'Y answers 5 % errors from 25 % on: everything goes back, Y is repaired, a person tries again',
    faultyY: true,
    answer: 'retry',
    killWorker: false,
    outcome: 'completed',
  },
  crash: { ...healthy, ...minor, title: 'the worker is killed with `kill -9` in every phase', killWorker: true },
  writes: {
    ...healthy,
    ...minor,
    title: 'writes are thrown at X and Y all the while: none passes the freeze',
    writers: true,
  },
  drift: {
    ...healthy,
    ...minor,
    title: "a superuser writes behind the guard's back, and switches it off: held each time, accepted with a reason",
    drift: true,
    outcome: 'completed-with-faults',
  },
};
