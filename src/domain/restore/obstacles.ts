import { plural } from '../plural.ts';
import type { RestoreNames } from './names.ts';

/** What stands in Kong's database of an upgrade, other than its configuration. */
export interface UpgradeLeft {
  readonly freeze?: { readonly workflowId: string; readonly runId: string };
  /** One that is open. */
  readonly seal?: { readonly workflowId: string; readonly runId: string };
  /** Roles that an upgrade does not let log on. */
  readonly lockedOut: readonly string[];
  /** Why none of this could be read, where that is so. */
  readonly unread?: string;
}

/** Sessions of one kind in a database. */
export interface UserSessions {
  readonly role: string;
  readonly application: string;
  /** `[local]` for a Unix socket; absent where PostgreSQL hides it. */
  readonly address?: string;
  readonly count: number;
}

export interface RestoreFacts {
  readonly names: RestoreNames;
  /** This restore's own workflow id: nothing else of that name runs. */
  readonly workflowId: string;
  /** Databases of the server that have a name which the restore needs, and are not its own. */
  readonly taken: readonly string[];
  readonly sessions: readonly UserSessions[];
  /** Nodes of the plan that answer, with their addresses. */
  readonly answering: readonly string[];
  readonly left: UpgradeLeft;
  /** The role by which Crossfade restores. */
  readonly user: string;
  /** What that account lacks to create and rename databases, in words. */
  readonly lacks: readonly string[];
}

/** Why the names can't be swapped as things are, each on its own. */
export function restoreObstacles(facts: RestoreFacts): string[] {
  const { names, workflowId, left, user } = facts;
  const others = [left.freeze, left.seal].filter((one) => one !== undefined && one.workflowId !== workflowId);
  return [
    ...facts.answering.map((node) => `${node} answers: stop it`),
    ...facts.sessions.map((one) => `${describeSessions(one)} in ${names.database}: stop who that is`),
    ...others.slice(0, 1).map((other) => {
      const { workflowId: id, runId } = other ?? { workflowId: '?', runId: '?' };
      return `an upgrade of another name holds ${names.database} (${id}, run ${runId}): let it end, or lift its freeze (\`crossfade thaw\`)`;
    }),
    ...facts.taken.map((name) => `there is a database ${name} already: rename or drop it`),
    ...(left.lockedOut.includes(user)
      ? [`${user} may not log on, an upgrade has locked it out: ALTER ROLE ${JSON.stringify(user)} LOGIN`]
      : []),
    ...facts.lacks,
  ];
}

/** What is worth knowing and stops nothing. */
export function restoreRemarks({ names, workflowId, left, user }: RestoreFacts): string[] {
  const { freeze, seal } = left;
  const others = left.lockedOut.filter((role) => role !== user);
  return [
    ...(left.unread === undefined
      ? []
      : [
          `whether an upgrade holds ${names.database} is not known: what upgrades leave in it can't be read (${left.unread})`,
        ]),
    ...(freeze?.workflowId === workflowId
      ? [`${names.database} is frozen by run ${freeze.runId}, which does not run any more; the restored one is not`]
      : []),
    ...(seal?.workflowId === workflowId
      ? [`the seal of run ${seal.runId} is open: \`finish\` has begun there; it stays in the kept database`]
      : []),
    ...(others.length === 0
      ? []
      : [`an upgrade has locked out ${others.join(', ')}: they still can't log on afterwards (ALTER ROLE … LOGIN)`]),
  ];
}

/** `2 sessions of kong@10.0.0.7 (kong)` */
export const describeSessions = ({ role, application, address = 'hidden address', count }: UserSessions): string =>
  `${plural(count, 'session')} of ${role}@${address} (${application || 'no name'})`;
