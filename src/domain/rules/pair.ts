import type { Finding } from '../findings.ts';
import { isAcceptable, NOTHING_YET, type Forecast, type Risk, type Step } from '../migrations/index.ts';
import type { MigrationsPlan } from '../plan/index.ts';
import { pass, refuse, warn } from './finding.ts';

function steps(command: string, all: readonly Step[]): string[] {
  const work = all.filter(({ does }) => does !== NOTHING_YET).map(({ name, does }) => `${name} ${does}`);
  return all.length === 0 ? [] : [`\`${command}\`: ${work.join('; ') || NOTHING_YET}.`];
}

/** What the two commands will do, before anybody says yes to it. */
export function plannedMigrations({ up, finish, unknown }: Forecast): Finding[] {
  const rule = 'planned-migrations';
  if (up.length + finish.length + unknown.length === 0)
    return [pass(rule, 'Nothing is to be migrated: X could serve again at any time until the thaw.')];
  const lasting =
    finish.length === 0 ? '`finish` has nothing to do.' : 'What `finish` changes can not be taken back, and X with it.';
  const known = [...steps('up', up), ...steps('finish', finish)];
  const planned =
    known.length === 0
      ? []
      : [warn(rule, known.join(' '), `\`up\` has no undo and needs none, X ignores what it adds. ${lasting}`)];
  if (unknown.length === 0) return planned;
  return [
    ...planned,
    warn(
      'unknown-migrations',
      `Nothing is known of: ${unknown.join(', ')}.`,
      "Enterprise's, a custom plugin's or a newer Kong's: nobody can say here what `up` does to X. The rehearsal in staging, the tests of X after `up` and the rehearsal of `finish` will show.",
    ),
  ];
}

/** Each danger of this upgrade: refused, or taken by the plan by its name. Nothing is accepted that is not there. */
export function pairRisks(risks: readonly Risk[], accept: MigrationsPlan['accept']): Finding[] {
  const found = risks.map(({ name, what, instead }) => {
    const accepted = accept.find(({ risk }) => risk === name);
    if (accepted !== undefined && isAcceptable(name))
      return warn(name, `${capital(what)}. The plan accepts it: ${accepted.reason}`, instead);
    const how = isAcceptable(name)
      ? ` If that is known and wanted, accept it in the plan: migrations: { accept: [{ risk: ${name}, reason: "..." }] }.`
      : '';
    return refuse(name, `${capital(what)}.`, `${instead}${how}`);
  });
  const needless = accept.map(({ risk }) => risk).filter((risk) => risks.every(({ name }) => name !== risk));
  if (needless.length > 0)
    return [
      ...found,
      refuse(
        'accepted-risks',
        `migrations.accept names what this upgrade does not have: ${needless.join(', ')}.`,
        'Leave it out of the plan, so that nobody thinks it was looked at.',
      ),
    ];
  return found.length > 0 ? found : [pass('known-dangers', 'No known danger of this pair of versions applies.')];
}

const capital = (text: string): string => text.replace(/^[a-z]/, (first) => first.toUpperCase());
