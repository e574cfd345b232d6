import { plural } from '../plural.ts';
import type { GateName, MessageName, StepName } from '../names.ts';
import { refusals } from '../findings.ts';
import { clock, plainLine } from './render-text.ts';
import type { GateStatus, UpgradeStatus } from './types.ts';

/** A message that a person can send now, and what it would do. */
export interface PossibleAnswer {
  readonly message: MessageName;
  readonly gate?: GateName;
  readonly finding?: string;
  readonly phase?: StepName;
  /** A reason belongs to it. */
  readonly reason: boolean;
  readonly means: string;
}

/** Something that only a person can decide. */
export interface Awaited {
  /** One line; may hold texts of people or servers, not escaped. */
  readonly what: string;
  readonly answers: readonly PossibleAnswer[];
}

/** What the upgrade waits for a person to say, most urgent first. Markdown, terminal and chat all show this. */
export function awaited(status: UpgradeStatus, today: string): Awaited[] {
  if (status.state === 'ended') return [];
  return [
    ...stuckUndos(status),
    ...hold(status, today),
    ...status.gates.filter((gate) => gate.state === 'open').map((gate) => openGate(gate, today)),
    ...pause(status, today),
    ...acceptable(status),
  ];
}

/** How to stop and go back, while there is a way back. */
export function wayBack(status: UpgradeStatus): PossibleAnswer | undefined {
  const possible =
    status.seal === undefined &&
    status.restore?.swappedAt === undefined &&
    ['running', 'waiting', 'paused'].includes(status.state);
  if (!possible || status.abort !== undefined) return undefined;
  const undo = status.workflow === 'restoreBackup' ? UNDO_RESTORE : 'stop and undo everything';
  const means = status.traffic.weight > 0 ? 'all traffic back to X, then undo everything' : undo;
  return { message: 'abort', reason: true, means };
}

const GONE = 'it takes no requests any more, and will not before it gives Y none: go on without it';

function stuckUndos(status: UpgradeStatus): Awaited[] {
  return status.undo
    .filter((undo) => undo.state === 'stuck')
    .map(({ name, attempts, error, mayLetGo = [] }) => {
      const retry = { message: 'retry', reason: false, means: 'try it again at once' } as const;
      const skip = { message: 'accept', finding: `undo:${name}`, reason: true, means: 'let it go' } as const;
      const gone = mayLetGo.map((finding) => ({ message: 'accept', finding, reason: true, means: GONE }) as const);
      // The way back of the traffic is never let go.
      const answers = ['returnTraffic', 'startX', 'letXIn'].includes(name) ? [retry, ...gone] : [retry, skip];
      return { what: `Undo ${name} is stuck after ${attempts} attempts: ${error ?? 'no error was given'}`, answers };
    });
}

function hold(status: UpgradeStatus, today: string): Awaited[] {
  if (status.state !== 'held' || status.hold === undefined) return [];
  const { since, expiresAt, canRetryFrom } = status.hold;
  const restores = status.workflow === 'restoreBackup';
  const sealed = status.seal !== undefined || status.restore?.swappedAt !== undefined;
  const phase = canRetryFrom.at(-1);
  const until =
    expiresAt === undefined ? 'until a person decides' : `until ${clock(expiresAt, today)}, then it unwinds`;
  const goOn: PossibleAnswer[] =
    phase === undefined
      ? []
      : [
          {
            message: 'retry',
            phase,
            reason: false,
            means:
              canRetryFrom.length > 1
                ? `go on at ${phase}; an earlier phase is possible: ${canRetryFrom.slice(0, -1).join(', ')}`
                : `go on at ${phase}`,
          },
        ];
  const undo = restores ? UNDO_RESTORE : 'undo everything: Y stopped, freeze lifted';
  const giveUp = sealed ? 'end as it is: completed with faults' : undo;
  return [
    {
      what: `Held since ${clock(since, today)}, ${until}`,
      answers: [...goOn, { message: 'abandon', reason: true, means: giveUp }],
    },
  ];
}

function openGate(gate: GateStatus, today: string): Awaited {
  const who = gate.approvers.length === 0 ? 'anybody but who started it' : gate.approvers.join(', ');
  const count = `${gate.approvals.length} of ${gate.quorum} ${gate.quorum === 1 ? 'approval' : 'approvals'} so far`;
  const what = `Gate ${gate.gate} is open until ${clock(gate.expiresAt, today)}, ${count}; may approve: ${who}`;
  return {
    what,
    answers: [
      { message: 'approve', gate: gate.gate, reason: false, means: meaningOfApproval(gate.gate) },
      { message: 'reject', gate: gate.gate, reason: true, means: meaningOfRejection(gate.gate) },
    ],
  };
}

const UNDO_RESTORE = 'drop the restored database; nothing was changed';

function meaningOfApproval(gate: GateName): string {
  if (gate === 'start') return 'begin: the configuration is frozen';
  if (gate === 'finish') return 'the point of no return: X is stopped, `kong migrations finish` runs';
  if (gate === 'decommission') return 'remove X';
  if (gate === 'restore') return 'swap the names: the restored database takes the place of the real one, which is kept';
  return `${gate.slice('shift:'.length)} % of the traffic to Y`;
}

function meaningOfRejection(gate: GateName): string {
  if (gate === 'start') return 'end; nothing was changed';
  if (gate === 'decommission') return 'keep X, stopped';
  if (gate === 'restore') return UNDO_RESTORE;
  return 'all traffic back to X, then it holds';
}

function pause(status: UpgradeStatus, today: string): Awaited[] {
  if (status.paused === undefined) return [];
  const { by, at } = status.paused;
  return [
    {
      what: `Paused by ${by} at ${clock(at, today)}; the watch, expiries and abort go on`,
      answers: [{ message: 'resume', reason: false, means: 'go on' }],
    },
  ];
}

function acceptable(status: UpgradeStatus): Awaited[] {
  if (status.seal !== undefined || status.state === 'retreating' || status.state === 'unwinding') return [];
  const done = new Set(status.accepted.map((one) => one.finding));
  const open = refusals(status.findings).filter((one) => !done.has(one.rule));
  const accept = (finding: string): PossibleAnswer => ({
    message: 'accept',
    finding,
    reason: true,
    means: 'let it go; the reason is recorded',
  });
  return [
    ...drifted(status).map((what) => ({ what, answers: [accept('drift')] })),
    ...open.map((one) => ({ what: plainLine(one.message), answers: [accept(one.rule)] })),
  ];
}

function drifted({ freeze }: UpgradeStatus): string[] {
  const { drift = [], guardFault } = freeze ?? {};
  if (guardFault !== undefined) return [`${capital(guardFault)}: to accept it means to put it back`];
  return drift.length === 0
    ? []
    : [`The configuration changed under the freeze (${plural(drift.length, 'entity', 'entities')})`];
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
