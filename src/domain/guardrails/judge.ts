import type { FinishFacts } from '../../activities/contract.ts';
import type { BackupRef } from '../backup.ts';
import { UNKNOWN_NODES } from '../rules/clients.ts';
import type { HowTold } from '../sessions.ts';
import type { TrafficState } from '../traffic/state.ts';
import type { Verdict } from '../verdict/index.ts';
import type { Guardrail } from './types.ts';

export interface GuardrailInput {
  /** Of every balancer. */
  readonly traffic: readonly TrafficState[];
  readonly facts: FinishFacts;
  /** How sessions of X are known in the database. */
  readonly told: HowTold;
  /** X's role is to be locked out. */
  readonly lockOut: boolean;
  /** What a person has accepted by name, as it is now. */
  readonly letGo: { readonly untold: boolean; readonly strangers: boolean };
  /** X was told to stop: then nothing of it may be left. */
  readonly xStopped: boolean;
  /** Who approved the gate `finish`; empty without a valid approval. */
  readonly approvedBy: readonly string[];
  readonly backup?: BackupRef;
  /** Of the last step, at 100 %. */
  readonly verdict?: Verdict;
}

/** The conditions of `finish`, each by name. All must hold, before X is stopped and again after. */
export function judgeGuardrails(input: GuardrailInput): Guardrail[] {
  const { traffic, facts, told, lockOut, letGo, xStopped, approvedBy, backup, verdict } = input;
  const weight = Math.min(...traffic.map((one) => one.weight));
  const out = new Set(traffic.flatMap((one) => one.out));
  const answering = facts.xAnswering.join(', ');
  const requests = facts.xRequests ?? (answering === '' ? 0 : undefined);
  const sessions = facts.xSessions;
  const guardrails: Guardrail[] = [
    {
      name: 'traffic-on-y',
      holds: weight === 100 && out.size === 0,
      message: `the balancer gives Y ${weight} %, and ${out.size} nodes are out (must be 100 % and none)`,
    },
    {
      name: 'x-idle',
      holds: requests === 0,
      message:
        requests === undefined
          ? `whether requests still reach X can't be read (${answering} answer)`
          : `${requests} requests other than our own reached X in ${facts.overSeconds} s (must be none)`,
    },
    {
      name: 'configuration-unchanged',
      holds: facts.drift.total === 0 && facts.drift.guardFault === undefined,
      message: `${facts.drift.total} entities differ from the last baseline (must be none), ${facts.drift.guardFault?.text ?? 'and the guard stands'}`,
    },
    {
      name: 'approved',
      holds: approvedBy.length > 0,
      message: approvedBy.length > 0 ? `approved by ${approvedBy.join(', ')}` : 'there is no valid approval',
    },
    {
      name: 'backup-verified',
      holds: backup?.verified === true && facts.backupThere,
      message: aboutBackup(backup, facts.backupThere),
    },
    {
      name: 'verdict-pass',
      holds: verdict?.verdict === 'pass',
      message: `the last verdict is ${verdict?.verdict ?? 'missing'} (must be pass)`,
    },
    {
      name: 'x-sessions-told',
      holds: told.by === 'role' || (!lockOut && (told.by === 'address' || letGo.untold)),
      message:
        told.by === 'nothing'
          ? `the sessions of X in the database can't be told: ${told.why}`
          : `the sessions of X are told by ${told.by}${lockOut && told.by === 'address' ? ", and to lock X's role out it must not be Y's" : ''}`,
    },
    {
      name: UNKNOWN_NODES,
      holds: facts.strangers.length === 0 || letGo.strangers,
      message: `sessions of Kong from no node of the plan: ${facts.strangers.join(', ') || 'none'}`,
    },
  ];
  if (!xStopped) return guardrails;
  return [
    ...guardrails,
    {
      name: 'x-stopped',
      holds: facts.xAnswering.length === 0,
      message: answering === '' ? 'no node of X answers' : `these nodes of X still answer: ${answering}`,
    },
    {
      name: 'x-disconnected',
      holds: told.by === 'nothing' ? letGo.untold : sessions?.length === 0,
      message: `sessions of X are left in the database: ${sessions === undefined ? 'nobody knows how many' : sessions.join(', ') || 'none'} (must be none)`,
    },
  ];
}

function aboutBackup(backup: BackupRef | undefined, there: boolean): string {
  if (backup === undefined) return 'there is no backup';
  const proved = backup.verified ? 'was verified' : 'was not verified';
  return `the backup of ${backup.takenAt} ${proved}, and is ${there ? 'there' : 'not there any more'}`;
}
