import type { FreezeFacts } from '../adapters/postgres/freeze-facts.ts';
import { formatDuration } from '../domain/duration.ts';
import { plural } from '../domain/plural.ts';
import { elapsed, plainLine } from '../domain/status/render-text.ts';

/** Something of a freeze is there to be lifted: the whole of it, or what a crash left. */
export const isAnythingLeft = ({ since, guard, guardedTables, lockedOut, seal }: FreezeFacts): boolean =>
  since !== undefined || guard || guardedTables > 0 || (lockedOut.length > 0 && seal === undefined);

/** Who froze what since when, from the database alone; one line each. `now` is ISO 8601. */
export function freezeLines(facts: FreezeFacts, where: string, now: string): string[] {
  const line = (head: string, text: string) => `  ${head.padEnd(11)} ${plainLine(text, 1_000)}`;
  const { since, seal, missing, unknownTables, unguardedTables, lockedOut, lastThaw } = facts;
  const lines = [headline(facts, where)];
  if (since !== undefined) {
    lines.push(
      line('by', `upgrade ${facts.workflowId ?? '?'}, cluster "${facts.cluster ?? '?'}", run ${facts.runId ?? '?'}`),
    );
    lines.push(line('since', `${time(since)} (${formatDuration(elapsed(since, now))})`));
  }
  if (since === undefined && !facts.refuses && facts.guard) {
    const what = `the function of a guard and triggers on ${plural(facts.guardedTables, 'table')}`;
    lines.push(
      line('left', `${what}: everything passes; the next freeze takes them over, \`crossfade thaw\` removes them`),
    );
  } else if (isAnythingLeft(facts)) {
    lines.push(
      line('guarded', `${facts.guardedTables} of ${plural(facts.configurationTables, 'table')} of configuration`),
    );
    if (missing.length > 0)
      lines.push(line('not guarded', `${missing.join(', ')}: the guard was removed, disabled or not put there`));
    if (unknownTables.length > 0)
      lines.push(line('', `not on Kong's list, guarded for they look like configuration: ${unknownTables.join(', ')}`));
    if (unguardedTables.length > 0)
      lines.push(line('', `not on Kong's list, left writable: ${unguardedTables.join(', ')}`));
    lines.push(line('migrations', migrations(facts)));
  }
  lines.push(line('point', point(facts)));
  lines.push(
    line(
      'seal',
      seal === undefined
        ? 'none is open'
        : `open since ${time(seal.sealedAt)}, of ${seal.workflowId} (run ${seal.runId}), approved by ${seal.approvedBy.join(', ')}`,
    ),
  );
  if (lockedOut.length > 0)
    lines.push(line('locked out', `${lockedOut.join(', ')} may not log on; to let them: ALTER ROLE … LOGIN`));
  if (since === undefined && lastThaw !== undefined) lines.push(line('last thaw', lastThaw));
  return lines;
}

/** What it means to lift the freeze at this point. */
export function whatLiftingMeans(facts: FreezeFacts): string[] {
  if (facts.since === undefined && facts.refuses)
    return ['Writes are refused, and for which upgrade is not written down any more: look for one that still runs.'];
  if (facts.since === undefined)
    return ['Nobody is frozen out any more; only what is left of an earlier freeze is removed.'];
  const lines = [...dangers(facts)];
  if (migrationRuns(facts))
    lines.push(
      'A migration command is let pass just now: if `kong migrations` still runs somewhere, wait for its end first.',
    );
  lines.push(
    `If the upgrade ${facts.workflowId ?? ''} still runs, it finds out by itself, at its next look at the configuration, and holds: abandon it there. A new attempt is a new upgrade, from the beginning.`,
  );
  return lines;
}

function dangers({ seal, begun, pending, cluster }: FreezeFacts): string[] {
  if (seal !== undefined)
    return [
      'The point of no return is behind: `kong migrations finish` has begun, or is about to, and may have ended half-way. Writes belong to Y from here on; X must not come back on this database.',
      `The seal is not touched: the next upgrade of "${seal.cluster}" is refused until this one is brought to its end (retry, or abandon with a reason).`,
    ];
  if (pending > 0)
    return [
      `\`kong migrations up\` has run and \`finish\` has not: ${plural(pending, 'migration')} pending. What is written now may be lost when \`finish\` runs, or break the other cluster at its next reload. Do not run \`finish\` by hand after it.`,
    ];
  if (begun.includes('up'))
    return [
      '`kong migrations up` of this upgrade has begun and nothing is pending. X and Y may both run on this database; a write through one of them may reach running nodes of the other only after a reload.',
    ];
  return [`No migration of this upgrade has begun: for the database of "${cluster ?? '?'}" it is safe.`];
}

function headline({ since, frozen, open, guard, refuses, guardedTables }: FreezeFacts, where: string): string {
  if (since === undefined && refuses)
    return `${where}: frozen, and by whom is not written down any more: table crossfade.freeze was emptied or dropped`;
  if (since === undefined)
    return guard || guardedTables > 0 ? `${where}: not frozen; something of a guard is left` : `${where}: not frozen`;
  if (open) return `${where}: frozen, but everything is let pass just now`;
  return `${where}: ${frozen ? 'frozen' : 'frozen in part'}`;
}

const migrationRuns = ({ open, migrator }: FreezeFacts): boolean =>
  open || migrator?.mayLogOn === true || (migrator?.sessions ?? 0) > 0;

function migrations(facts: FreezeFacts): string {
  const { open, migrator } = facts;
  if (open)
    return 'let pass just now, and so is everything else: the guard is open for a command, or its end was never seen';
  if (migrator === undefined) return 'refused, like everything else';
  if (!migrationRuns(facts)) return `refused; they would run as ${migrator.role}, which may not log on now`;
  return `let pass just now, as role ${migrator.role} (${plural(migrator.sessions, 'session')})`;
}

function point({ begun, pending }: FreezeFacts): string {
  const waiting =
    pending > 0 ? `${plural(pending, 'migration')} pending: between \`up\` and \`finish\`` : 'no migration is pending';
  return begun.length === 0 ? waiting : `${waiting}; begun by this upgrade: ${begun.join(', ')}`;
}

const time = (iso: string): string => `${iso.slice(0, 19).replace('T', ' ')} UTC`;
