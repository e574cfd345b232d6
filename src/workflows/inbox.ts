import { ApplicationFailure, setDefaultSignalHandler, setHandler } from '@temporalio/workflow';
import { hasQuorum, mayApprove } from '../domain/approvals.ts';
import {
  gateOf,
  judgeMessage,
  parseMessage,
  type Answer,
  type Message,
  type Situation,
} from '../domain/messages/index.ts';
import { MESSAGES, type MessageName } from '../domain/names.ts';
import type { MessageRecord, UndoName } from '../domain/status/index.ts';
import { isOfBalancer } from '../domain/traffic/away.ts';
import type { Control } from './control.ts';
import { Interruption } from './interruption.ts';
import type { Journal } from './journal.ts';
import { now } from './journal.ts';
import { describeMessage, gatesQuery, signals, statusQuery, timelineQuery, updates } from './messages.ts';

const MOST_RECORDS = 50;

/**
 * Receives everything that people send. Handlers are synchronous, parse every payload and never throw; a message is only
 * recorded here, and acted on by whatever waits for it.
 */
export class Inbox {
  private readonly journal: Journal;
  private readonly control: Control;
  /** Never counts as an approver; known once the plan is. */
  startedBy: string | undefined;

  constructor(journal: Journal, control: Control) {
    this.journal = journal;
    this.control = control;
  }

  /** Sets all handlers; to be called before the first `await`. */
  open(): void {
    for (const name of MESSAGES) {
      const description = describeMessage(name);
      setHandler(signals[name], (payload: unknown) => void this.receive(name, payload, 'signal'), { description });
      setHandler(updates[name], (payload: unknown) => this.receive(name, payload, 'update').text, {
        description,
        validator: (payload: unknown) => {
          const { answer } = this.judge(name, payload);
          if (!answer.accepted) throw ApplicationFailure.nonRetryable(answer.text, 'MessageRefused');
        },
      });
    }
    setDefaultSignalHandler((name) =>
      this.record({
        name: name.slice(0, 60),
        via: 'signal',
        result: 'bad',
        answer: `unknown; known: ${MESSAGES.join(', ')}`,
      }),
    );
    const { status, timeline } = this.journal;
    setHandler(statusQuery, () => status, { description: 'The whole state of the upgrade as JSON.' });
    setHandler(timelineQuery, () => timeline, { description: 'What happened, line by line.' });
    setHandler(gatesQuery, () => status.gates, { description: 'The gates: who approved, what is open, until when.' });
  }

  /** A cancelled workflow is an abort without a name. */
  cancelled(): void {
    this.take({ name: 'abort', by: 'workflow cancel' }, 'cancel');
  }

  private judge(name: MessageName, payload: unknown): { message?: Message; answer: Answer } {
    const parsed = parseMessage(name, payload);
    if ('fault' in parsed) return { answer: { accepted: false, text: parsed.fault } };
    const { message } = parsed;
    const answer = judgeMessage(message, this.situation());
    if (!answer.accepted || message.name !== 'approve') return { message, answer };
    const gate = this.openGate(message);
    const allowed = gate === undefined ? true : mayApprove(gate, message.by, this.startedBy);
    return { message, answer: allowed === true ? answer : { accepted: false, text: allowed } };
  }

  private receive(name: MessageName, payload: unknown, via: 'signal' | 'update'): Answer {
    const { message, answer } = this.judge(name, payload);
    if (message === undefined) {
      this.record({ name, via, result: 'bad', answer: answer.text });
      return answer;
    }
    return this.take(message, via);
  }

  private take(message: Message, via: MessageRecord['via']): Answer {
    const answer =
      via === 'cancel' ? judgeMessage(message, this.situation()) : this.judge(message.name, message).answer;
    const result = answer.accepted ? 'accepted' : 'refused';
    if (answer.accepted) this.act(message);
    this.record({ name: message.name, by: message.by, via, result, answer: answer.text });
    return answer;
  }

  private act(message: Message): void {
    const { control, journal } = this;
    const { by } = message;
    const reason = message.reason === undefined ? {} : { reason: message.reason };
    switch (message.name) {
      case 'approve':
        return this.approve(message);
      case 'reject': {
        const gate = this.openGate(message);
        if (gate === undefined) return;
        gate.rejection = { by, at: now(), ...reason };
        // Closed at once, so that an approval in the same instant is refused.
        gate.state = 'rejected';
        return;
      }
      case 'pause':
        control.paused = true;
        journal.status.paused = { by, at: now() };
        return;
      case 'resume':
        control.paused = false;
        delete journal.status.paused;
        return;
      case 'abort':
        journal.status.abort = { by, at: now(), ...reason };
        if (journal.status.state === 'held') control.decision = { kind: 'abort', by };
        else {
          // What runs may take long to end.
          journal.say(`aborting: waits for the end of \`${journal.status.now}\``);
          control.interrupt(new Interruption('abort', `${by} aborted${message.reason ? `: ${message.reason}` : ''}`));
        }
        return;
      case 'retry':
      case 'abandon':
        if (journal.status.state !== 'held') control.undoRetries += 1;
        else if (message.name === 'abandon') control.decision = { kind: 'abandon', by };
        else control.decision = { kind: 'retry', by, ...(message.phase === undefined ? {} : { phase: message.phase }) };
        return;
      case 'accept':
        return this.accept(message);
    }
  }

  private approve(message: Message): void {
    const gate = this.openGate(message);
    const comment = message.reason === undefined ? {} : { comment: message.reason };
    gate?.approvals.push({ by: message.by, at: now(), ...comment });
    if (gate !== undefined && hasQuorum(gate)) gate.state = 'approved';
  }

  private accept(message: Message): void {
    const finding = message.finding ?? '';
    const reason = message.reason ?? '';
    if (finding.startsWith('undo:')) {
      this.control.undoSkips.set(finding.slice('undo:'.length) as UndoName, { by: message.by, reason });
    } else {
      this.control.letGo.set(finding, this.control.openFindings.get(finding) ?? '');
      this.control.openFindings.delete(finding);
      if (isOfBalancer(finding)) this.control.undoRetries += 1;
    }
    this.journal.status.accepted.push({ finding, by: message.by, reason, at: now() });
  }

  private openGate(message: Message) {
    const open = this.journal.status.gates.filter((gate) => gate.state === 'open');
    const name = gateOf(
      message,
      open.map((gate) => gate.gate),
    );
    return open.find((gate) => gate.gate === name);
  }

  private situation(): Situation {
    const { status } = this.journal;
    return {
      state: status.state,
      sealed: this.control.sealed,
      restores: status.workflow === 'restoreBackup',
      shifting: this.control.shifting,
      openGates: status.gates.filter((gate) => gate.state === 'open').map((gate) => gate.gate),
      paused: this.control.paused,
      aborting: this.control.aborting,
      stuckUndos: status.undo.filter((undo) => undo.state === 'stuck').map((undo) => undo.name),
      openFindings: this.control.findings(),
      retryFrom: status.hold?.canRetryFrom ?? [],
    };
  }

  private record(record: Omit<MessageRecord, 'at'>): void {
    const { messages } = this.journal.status;
    messages[record.result] += 1;
    messages.last.push({ at: now(), ...record });
    if (messages.last.length > MOST_RECORDS) messages.last.shift();
    // A flood of bad signals is counted, not told.
    if (record.result === 'bad' && messages.bad > MOST_RECORDS) return;
    const who = record.by === undefined ? '' : ` by ${record.by}`;
    this.journal.note('message', `${record.name}${who} (${record.via}): ${record.result}, ${record.answer}`);
  }
}
