import { isAcceptable, possibleRisks, whatIsExpected, type Step } from '../migrations/index.ts';
import type { Plan } from './schema.ts';

/** What `up` and `finish` will do, by the two versions: before anything is run, and before Y's own `kong` is asked. */
export function describeMigrations({ x, y, migrations }: Plan): string[] {
  const expected = whatIsExpected(x.version, y.version);
  if (expected === undefined) return [];
  const { up, finish } = expected;
  if (up.length === 0)
    return [`none that is known from ${x.version} to ${y.version}; preflight asks Kong ${y.version} itself`];
  const width = Math.max(...up.map(({ name }) => name.length));
  const names = up.map(({ name }) => name);
  const dangers = possibleRisks(x.version, y.version, names).map(({ name, when }) => {
    const accepted = migrations.accept.find(({ risk }) => risk === name);
    const answer =
      accepted !== undefined
        ? `accepted: “${accepted.reason}”`
        : `preflight refuses it${isAcceptable(name) ? ' unless migrations.accept names it' : ''}`;
    return `danger ${name}, ${when === 'always' ? 'of this pair of versions' : `if ${when}`}: ${answer}`;
  });
  return [
    'with all bundled plugins; preflight shows the list that Kong of Y itself has, for the gate `start`',
    ...lines('up', up, width),
    ...lines('finish', finish, width),
    `\`up\` has no undo and needs none: X ignores what it adds${finish.length === 0 ? '; `finish` has nothing to do' : '. What `finish` changes can not be taken back'}`,
    ...dangers,
  ];
}

const lines = (command: string, steps: readonly Step[], width: number): string[] =>
  steps.map(({ name, does }, index) => `${(index === 0 ? command : '').padEnd(8)}${name.padEnd(width)}  ${does}`);
