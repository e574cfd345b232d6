import { describe, expect, it } from 'vitest';
import { judgeMessage, type Message, type Situation } from '../../src/domain/messages/index.ts';
import { MESSAGES, type MessageName } from '../../src/domain/names.ts';

const base: Situation = {
  state: 'running',
  sealed: false,
  restores: false,
  shifting: false,
  openGates: [],
  paused: false,
  aborting: false,
  stuckUndos: [],
  openFindings: [],
  retryFrom: [],
};

// The columns of the table "messages by state", and what else an answer depends on.
const SITUATIONS = {
  'before traffic': base,
  'gate start': { ...base, state: 'waiting', openGates: ['start'] },
  'frozen finding': { ...base, state: 'held', openFindings: ['drift'], retryFrom: ['freeze', 'backup'] },
  shifting: { ...base, shifting: true },
  'gate shift:25': { ...base, state: 'waiting', shifting: true, openGates: ['shift:25'] },
  paused: { ...base, state: 'paused', shifting: true, paused: true },
  'aborting, gate open': { ...base, state: 'waiting', aborting: true, openGates: ['start'], openFindings: ['drift'] },
  retreating: { ...base, state: 'retreating', shifting: true },
  'retreating, stuck': { ...base, state: 'retreating', shifting: true, stuckUndos: ['returnTraffic'] },
  unwinding: { ...base, state: 'unwinding' },
  'unwinding, stuck': { ...base, state: 'unwinding', stuckUndos: ['stopY'] },
  held: { ...base, state: 'held', retryFrom: ['migrate', 'stage', 'shift'] },
  sealed: { ...base, sealed: true, shifting: true },
  'sealed, held': { ...base, state: 'held', sealed: true, shifting: true, retryFrom: ['finish'] },
  'sealed, gate decommission': { ...base, state: 'waiting', sealed: true, openGates: ['decommission'] },
  ended: { ...base, state: 'ended' },
} satisfies Record<string, Situation>;
type Column = keyof typeof SITUATIONS;

/** What is taken, and what it will do; everything that is not listed is refused. */
const TAKEN: Record<MessageName, Partial<Record<Column, RegExp>>> = {
  approve: {
    'gate start': /approved gate start/,
    'gate shift:25': /approved gate shift:25/,
    'sealed, gate decommission': /approved gate decommission/,
  },
  reject: {
    'gate start': /rejected gate start/,
    'gate shift:25': /rejected gate shift:25/,
    'sealed, gate decommission': /rejected gate decommission/,
  },
  pause: {
    'before traffic': /before the next phase or step/,
    'gate start': /before the next phase or step/,
    shifting: /before the next phase or step/,
    'gate shift:25': /before the next phase or step/,
    sealed: /before the next phase or step/,
    'sealed, gate decommission': /before the next phase or step/,
  },
  resume: { paused: /going on/ },
  abort: {
    'before traffic': /stopping, then everything is undone/,
    'gate start': /stopping, then everything is undone/,
    'frozen finding': /unwinding/,
    shifting: /all traffic goes back to X, then everything is undone/,
    'gate shift:25': /all traffic goes back to X, then everything is undone/,
    paused: /all traffic goes back to X, then everything is undone/,
    held: /unwinding/,
  },
  retry: {
    'frozen finding': /going on at backup/,
    held: /going on at shift/,
    'sealed, held': /going on at finish/,
    'retreating, stuck': /trying returnTraffic again/,
    'unwinding, stuck': /trying stopY again/,
  },
  abandon: {
    'frozen finding': /unwinding/,
    held: /unwinding/,
    'sealed, held': /completed with faults/,
    'retreating, stuck': /trying returnTraffic again/,
    'unwinding, stuck': /trying stopY again/,
  },
  accept: { 'frozen finding': /let go: drift/ },
};

/** Why the rest is refused, where the reason matters. */
const REFUSED: Partial<Record<MessageName, Partial<Record<Column, RegExp>>>> = {
  approve: {
    'before traffic': /no gate is open/,
    retreating: /already on the way back/,
    unwinding: /already on the way back/,
    held: /is held: answer `retry` or `abandon`/,
    ended: /has ended/,
  },
  reject: { held: /is held/, retreating: /already on the way back/, unwinding: /already on the way back/ },
  pause: { retreating: /already on the way back/, held: /is held/, paused: /is paused already/, ended: /has ended/ },
  resume: { unwinding: /already on the way back/, held: /is held/, shifting: /is not paused/ },
  abort: {
    'aborting, gate open': /already on the way back/,
    retreating: /already on the way back/,
    unwinding: /already on the way back/,
    sealed: /nothing left to undo/,
    'sealed, held': /nothing left to undo/,
    'sealed, gate decommission': /nothing left to undo/,
  },
  retry: { shifting: /answers a hold, and the upgrade is not held/, retreating: /already on the way back/ },
  abandon: { sealed: /answers a hold/, unwinding: /already on the way back/ },
  accept: {
    shifting: /drift is not a finding that can be let go now \(nothing is open\)/,
    held: /nothing is open/,
    retreating: /already on the way back/,
    sealed: /nothing can be let go any more/,
  },
};

const cells = MESSAGES.flatMap((name) =>
  (Object.keys(SITUATIONS) as Column[]).map((column) => ({ name, column, taken: TAKEN[name][column] })),
);

describe('messages by state', () => {
  it.each(cells)('$name, $column', ({ name, column, taken }) => {
    const message: Message = { name, by: 'ann', ...(name === 'accept' ? { finding: 'drift', reason: 'known' } : {}) };
    const answer = judgeMessage(message, SITUATIONS[column]);
    expect(answer.accepted).toBe(taken !== undefined);
    expect(answer.text).toMatch(taken ?? REFUSED[name]?.[column] ?? /./);
  });
});

describe('what a message names', () => {
  const two: Situation = { ...base, state: 'waiting', openGates: ['start', 'finish'] };
  const judge = (message: Omit<Message, 'by'>, situation: Situation) =>
    judgeMessage({ by: 'ann', ...message }, situation);

  it('a gate, where more than one is open, must be named', () => {
    expect(judge({ name: 'approve' }, two)).toMatchObject({ accepted: false, text: /more than one is open/ });
    expect(judge({ name: 'approve', gate: 'finish' }, two)).toMatchObject({ accepted: true, text: /finish/ });
    expect(judge({ name: 'reject', gate: 'shift:5' }, two)).toMatchObject({
      accepted: false,
      text: 'gate shift:5 is not open (open: start, finish)',
    });
  });

  it('a phase to retry from must be possible', () => {
    const held: Situation = { ...base, state: 'held', retryFrom: ['migrate', 'stage', 'shift'] };
    expect(judge({ name: 'retry', phase: 'stage' }, held)).toMatchObject({ accepted: true, text: /at stage/ });
    for (const phase of ['preflight', 'backup', 'finish'] as const)
      expect(judge({ name: 'retry', phase }, held)).toMatchObject({
        accepted: false,
        text: `can't go on at ${phase}; possible: migrate, stage, shift`,
      });
  });

  it('a stuck undo may be let go, but never the traffic', () => {
    const stuck: Situation = {
      ...base,
      state: 'unwinding',
      stuckUndos: ['stopY', 'thaw', 'returnTraffic', 'startX', 'letXIn'],
    };
    const accept = (finding: string, situation = stuck) => judge({ name: 'accept', finding, reason: 'x' }, situation);
    expect(accept('undo:stopY')).toMatchObject({ accepted: true });
    expect(accept('undo:thaw')).toMatchObject({ accepted: true });
    expect(accept('undo:returnTraffic')).toMatchObject({ accepted: false, text: /traffic is never let go/ });
    expect(accept('undo:startX')).toMatchObject({ accepted: false, text: /traffic is never let go/ });
    expect(accept('undo:letXIn')).toMatchObject({ accepted: false, text: /traffic is never let go/ });
    expect(accept('undo:stopY', { ...stuck, stuckUndos: [] })).toMatchObject({ accepted: false });
    expect(accept('drift')).toMatchObject({ accepted: false });
  });

  it('on the way back of the traffic nothing but a balancer that is gone may be let go', () => {
    const stuck: Situation = {
      ...base,
      state: 'retreating',
      stuckUndos: ['returnTraffic'],
      openFindings: ['balancer:edge', 'drift'],
    };
    const accept = (finding: string, situation = stuck) => judge({ name: 'accept', finding, reason: 'x' }, situation);
    expect(accept('balancer:edge')).toMatchObject({ accepted: true });
    expect(accept('balancer:zone')).toMatchObject({ accepted: false });
    expect(accept('drift')).toMatchObject({ accepted: false });
    expect(accept('undo:returnTraffic')).toMatchObject({ accepted: false, text: /can be: balancer:edge$/ });
    expect(accept('balancer:edge', { ...stuck, openFindings: [] })).toMatchObject({ accepted: false });
  });
});
