import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { EXAMPLES } from '../domain/messages/index.ts';
import { MESSAGES, type MessageName } from '../domain/names.ts';
import type { GateStatus, TimelineEntry, UpgradeStatus } from '../domain/status/index.ts';

// Payloads are `unknown` on purpose: whatever a person sends is parsed, never trusted (see `inbox.ts`).

export const signals = Object.fromEntries(
  MESSAGES.map((name) => [name, defineSignal<[unknown]>(name)]),
) as unknown as Record<MessageName, ReturnType<typeof defineSignal<[unknown]>>>;

/** The answer says what the message does; a refusal comes back as the update's failure. */
export const updates = Object.fromEntries(
  MESSAGES.map((name) => [name, defineUpdate<string, [unknown]>(name)]),
) as unknown as Record<MessageName, ReturnType<typeof defineUpdate<string, [unknown]>>>;

export const statusQuery = defineQuery<UpgradeStatus>('status');
export const timelineQuery = defineQuery<TimelineEntry[]>('timeline');
export const gatesQuery = defineQuery<GateStatus[]>('gates');

const PURPOSE: Record<MessageName, string> = {
  approve:
    'Approves an open gate. Without "gate" it must be the only open one. Whoever started the upgrade or the restore does not count.',
  reject: 'Rejects an open gate: before traffic the upgrade ends, during traffic everything goes back to X.',
  pause: 'Pauses before the next phase or step. The watch, expiries and abort go on.',
  resume: 'Ends a pause.',
  abort: 'All traffic back to X, then everything is undone. Refused once `finish` has begun.',
  retry: 'Answers a hold: goes on at the phase that failed, or an earlier one ("phase"). Tries a stuck undo again.',
  abandon: 'Answers a hold: everything is undone. After `finish` has begun: the upgrade ends as it is.',
  accept:
    'Lets go of a named drift, finding, stuck undo ("undo:stopY") or balancer that is gone ("balancer:edge on gw-2"), with a reason. Never the traffic.',
};

/** What the Temporal UI shows beside each message. */
export const describeMessage = (name: MessageName): string => `${PURPOSE[name]} Takes one object: ${EXAMPLES[name]}`;
