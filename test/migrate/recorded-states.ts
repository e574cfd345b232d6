import type { MigrationState } from '../../src/domain/migrations.ts';
import { EXECUTED, PENDING } from './fixture.ts';

// The states between which the recordings of 3.4.2 -> 3.9.1 move, without what was executed long before.

const stateOf = (lists: Partial<Pick<MigrationState, 'executed' | 'pending' | 'new'>>): MigrationState => {
  const { executed = [], pending = [], new: fresh = [] } = lists;
  const both = pending.length > 0 ? (fresh.length > 0 ? 'pending-and-new' : 'pending') : undefined;
  const state = both ?? (fresh.length > 0 ? 'new' : 'clean');
  return { state, executed, pending, new: fresh };
};

export const EMPTY: MigrationState = { state: 'needs-bootstrap', executed: [], pending: [], new: [] };
export const NEW = stateOf({ new: [...EXECUTED, ...PENDING] });
/** The core's are executed, the plugins' are still new: where a run was blocked or killed. */
export const HALF = stateOf({ executed: EXECUTED, new: PENDING });
export const PEND = stateOf({ executed: EXECUTED, pending: PENDING });
export const DONE = stateOf({ executed: [...EXECUTED, ...PENDING] });
/** 3.7.1's `up` ran and its `finish` did not; now 3.9.1 looks. */
export const BOTH = stateOf({ executed: EXECUTED.slice(0, 3), pending: PENDING, new: EXECUTED.slice(3) });
