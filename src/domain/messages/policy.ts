import type { GateName, State, StepName } from '../names.ts';
import { PHASES } from '../names.ts';
import { isOfBalancer } from '../traffic/away.ts';
import type { Message } from './parse.ts';

/** What the answer to a message depends on. */
export interface Situation {
  readonly state: State;
  readonly sealed: boolean;
  /** It is a restore: what can't be taken back then are swapped names of databases. */
  readonly restores: boolean;
  /** Any traffic may be on Y, or X is stopped: a way back is needed. */
  readonly shifting: boolean;
  readonly openGates: readonly GateName[];
  readonly paused: boolean;
  readonly aborting: boolean;
  /** Undos that failed and are tried again, by name. */
  readonly stuckUndos: readonly string[];
  /** Findings and drifts that a person may accept now. */
  readonly openFindings: readonly string[];
  /** Phases that `retry` may go on from; only while held. */
  readonly retryFrom: readonly StepName[];
}

export type Answer =
  { readonly accepted: true; readonly text: string } | { readonly accepted: false; readonly text: string };

const yes = (text: string): Answer => ({ accepted: true, text });
const no = (text: string): Answer => ({ accepted: false, text });

/** The table of messages by state: whether a message is taken now, and what it will do or why not. */
export function judgeMessage(message: Message, situation: Situation): Answer {
  if (situation.state === 'ended') return no('the upgrade has ended');
  switch (message.name) {
    case 'approve':
    case 'reject':
      return judgeGateAnswer(message, situation);
    case 'abort':
      return judgeAbort(situation);
    case 'pause':
    case 'resume':
      return judgePause(message.name, situation);
    case 'retry':
    case 'abandon':
      return judgeResolution(message, situation);
    case 'accept':
      return judgeAcceptance(message, situation);
  }
}

/** Also while an abort waits for the end of what it stopped. */
const onTheWayBack = ({ state, aborting }: Situation): boolean =>
  aborting || state === 'retreating' || state === 'unwinding';

/** The gate that an approval or rejection is for. Without `gate` it must be the only open one. */
export function gateOf(message: Message, open: readonly GateName[]): GateName | undefined {
  if (message.gate !== undefined) return open.find((gate) => gate === message.gate);
  return open.length === 1 ? open[0] : undefined;
}

function judgeGateAnswer(message: Message, situation: Situation): Answer {
  if (onTheWayBack(situation)) return no('already on the way back: no gate is open');
  if (situation.state === 'held')
    return no('the upgrade is held: answer `retry` or `abandon`; a retry opens its gate again');
  const gate = gateOf(message, situation.openGates);
  if (gate !== undefined) return yes(`${message.name === 'approve' ? 'approved' : 'rejected'} gate ${gate}`);
  const open = situation.openGates.length === 0 ? 'no gate is open' : `open: ${situation.openGates.join(', ')}`;
  if (message.gate !== undefined) return no(`gate ${message.gate} is not open (${open})`);
  return no(situation.openGates.length === 0 ? 'no gate is open' : `name the gate: more than one is open (${open})`);
}

function judgeAbort(situation: Situation): Answer {
  if (situation.sealed)
    return no(
      situation.restores
        ? 'the names of the databases are swapped, or just being swapped: the old one is kept, and the status says how to swap them back'
        : 'nothing left to undo: `finish` has begun, and there is no way back from it',
    );
  if (situation.state === 'retreating' && !situation.aborting)
    return no('already on the way back: all traffic goes to X; in the hold after that, `abandon` undoes everything');
  if (onTheWayBack(situation)) return no('already on the way back');
  if (situation.state === 'held') return yes('unwinding');
  return yes(
    situation.shifting
      ? 'all traffic goes back to X, then everything is undone'
      : 'stopping, then everything is undone',
  );
}

function judgePause(name: 'pause' | 'resume', situation: Situation): Answer {
  if (onTheWayBack(situation)) return no('already on the way back: there is nothing to pause');
  if (situation.state === 'held') return no('the upgrade is held: answer `retry` or `abandon`');
  if (name === 'resume') return situation.paused ? yes('going on') : no('it is not paused');
  if (situation.paused) return no('it is paused already');
  return yes('pausing before the next phase or step; the watch, expiries and `abort` go on');
}

function judgeResolution(message: Message, situation: Situation): Answer {
  if (onTheWayBack(situation)) {
    return situation.stuckUndos.length > 0
      ? yes(`trying ${situation.stuckUndos.join(', ')} again`)
      : no('already on the way back');
  }
  if (situation.state !== 'held') return no(`${message.name} answers a hold, and the upgrade is not held`);
  if (message.name === 'abandon') return yes(situation.sealed ? 'ending as it is: completed with faults' : 'unwinding');
  if (message.phase === undefined || situation.retryFrom.includes(message.phase))
    return yes(`going on at ${message.phase ?? situation.retryFrom.at(-1) ?? PHASES[0]}`);
  return no(`can't go on at ${message.phase}; possible: ${situation.retryFrom.join(', ')}`);
}

function judgeAcceptance(message: Message, situation: Situation): Answer {
  const finding = message.finding ?? '';
  if (onTheWayBack(situation)) {
    if (isOfBalancer(finding) && situation.openFindings.includes(finding))
      return yes(`going on without ${finding}: whatever it still gives Y is lost once Y is stopped`);
    const stuck = situation.stuckUndos.map((name) => `undo:${name}`);
    if (finding === 'undo:returnTraffic' && stuck.includes(finding))
      return no(
        `traffic is never let go: all of it must be on X before anything else is undone${ofBalancers(situation)}`,
      );
    if (finding === 'undo:startX' && stuck.includes(finding))
      return no('traffic is never let go: X must be ready before it can take it');
    if (finding === 'undo:letXIn' && stuck.includes(finding))
      return no('traffic is never let go: X must be able to log on to the database before it can take it');
    return stuck.includes(finding) ? yes(`skipping ${finding}`) : no('already on the way back');
  }
  if (situation.sealed && !situation.restores)
    return no('`finish` has begun: nothing can be let go any more; answer `retry` or `abandon` to a hold');
  if (situation.openFindings.includes(finding)) return yes(`let go: ${finding}`);
  const open = situation.openFindings.length === 0 ? 'nothing is open' : `open: ${situation.openFindings.join(', ')}`;
  return no(`${finding} is not a finding that can be let go now (${open})`);
}

function ofBalancers({ openFindings }: Situation): string {
  const gone = openFindings.filter(isOfBalancer);
  return gone.length === 0 ? '' : `; a balancer that is gone can be: ${gone.join(', ')}`;
}
