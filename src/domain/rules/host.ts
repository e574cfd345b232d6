import type { Finding } from '../findings.ts';
import { beforeUp } from '../migrations/index.ts';
import type { MigrationState } from '../migrations.ts';
import type { SideName } from '../names.ts';
import { sameVersion } from '../version.ts';
import { pass, refuse } from './finding.ts';

const of = (side: SideName): string => side.toUpperCase();

/** `kong version` on the side's host, against the plan. `undefined`: it could not be run. */
export function commandVersion(side: SideName, planned: string, found: string | undefined, why = ''): Finding {
  const rule = `kong-command-${side}`;
  if (found === undefined)
    return refuse(
      rule,
      `The kong command of ${of(side)} can't be run: ${why}`,
      `Install Kong ${planned} there, or correct ${side}.runs.kong in the plan.`,
    );
  return sameVersion(found, planned)
    ? pass(rule, `The kong command of ${of(side)} is ${planned}.`)
    : refuse(
        rule,
        `The kong command of ${of(side)} is ${found}, not ${planned}.`,
        `Correct ${side}.version or ${side}.runs.kong in the plan.`,
      );
}

/** What the side's own command says of the database. `begun`: what this very upgrade has begun to migrate. */
export function migrationState(side: SideName, state: MigrationState, begun: readonly string[] | undefined): Finding {
  const rule = `migrations-${side}`;
  if (side === 'x') {
    // X's command does not know what Y's `up` has added, so it must see nothing open at any time.
    if (state.state === 'clean') return pass(rule, "For X's version every migration is executed.");
    const open = [...state.pending, ...state.new].join(', ');
    return refuse(
      rule,
      `For X's version the database is not in order (${state.state}: ${open}).`,
      'Finish what was begun with the `kong` of that version, with the plugins of the nodes.',
    );
  }
  const decision = beforeUp(state, begun);
  if (decision.go === 'fail')
    return refuse(
      rule,
      decision.failure.message,
      'Finish the earlier upgrade with the `kong` of its target version, or compare the database with the plan.',
    );
  const todo = state.new.length === 0 ? 'nothing' : state.new.join(', ');
  return pass(rule, `\`up\` has to do: ${todo}.`);
}

/** A program that Y's host needs; `found` is what its `--version` says, `why` what was looked for in vain. */
export function program(name: string, found: string | undefined, why = ''): Finding {
  const rule = `program-${name}`;
  return found === undefined
    ? refuse(
        rule,
        why,
        "Install PostgreSQL's client programs on the host of Y's runner, of the server's version or newer.",
      )
    : pass(rule, `${found}.`);
}
