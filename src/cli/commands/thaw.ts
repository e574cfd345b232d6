import type { Command } from 'commander';
import { CrossfadeError } from '../../domain/errors/index.ts';
import { canAsk, confirmed } from '../confirm.ts';
import { namedDatabase } from '../database.ts';
import { EXIT } from '../exit-codes.ts';
import { freezeLines, isAnythingLeft, whatLiftingMeans } from '../freeze-text.ts';
import { print, printError } from '../io.ts';
import { byOption } from '../options.ts';
import { freezeByHand } from '../thaw.ts';
import { whereIs } from './freeze.ts';

interface Options {
  readonly by: string;
  readonly yes?: true;
}

export function thawCommand(program: Command, done: (code: number) => void): void {
  program
    .command('thaw')
    .summary('lift a freeze with nothing but a database connection, when Temporal is gone')
    .description(
      'Lifts the freeze of the configuration in the database of a plan, or of PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD and PGSSLMODE. Needs no Temporal and no worker. While they are there, `abort` or `abandon` the upgrade instead: that undoes the rest, too.',
    )
    .argument('[file]', 'the plan, JSON or YAML')
    .addOption(byOption('who lifts it'))
    .option('--yes', 'do not ask; needed where there is no terminal')
    .action(async (file: string | undefined, { by, yes }: Options, command: Command) => {
      const named = namedDatabase(file);
      const { database, plan } = named;
      const freeze = freezeByHand(database);
      const facts = await freeze.read();
      const where = whereIs(database);
      print(freezeLines(facts, where, new Date().toISOString()).join('\n'));
      if (!isAnythingLeft(facts)) {
        print('\nNothing to lift.');
        return done(EXIT.fine);
      }
      if (plan !== undefined && facts.cluster !== undefined && facts.cluster !== plan.cluster)
        throw new CrossfadeError(
          'FrozenByAnother',
          `The configuration in ${where} is frozen for cluster "${facts.cluster}", and the plan is of "${plan.cluster}". Nothing was changed.`,
        );
      print(`\n${whatLiftingMeans(facts).join('\n')}\n`);
      if (yes === undefined) {
        if (!canAsk()) command.error('error: --yes is needed where nobody can be asked. Nothing was changed.');
        if (!(await confirmed(`Lift the freeze as ${by}?`))) {
          print('Nothing was changed.');
          return done(EXIT.refused);
        }
      }
      const { clean, left } = await freeze.lift(facts, by);
      const works = `a write works as role ${database.user} on every table`;
      print(
        clean
          ? `Lifted by ${by}. Nothing of the guard is left in ${where}, and ${works}.`
          : `Lifted by ${by}: in ${where} ${works}.`,
      );
      for (const one of left) printError(one);
      if (plan !== undefined && plan.freeze.after.length > 0)
        print(
          `The plan's own commands that resume updates were not run:\n${plan.freeze.after.map((one) => `  ${one.join(' ')}`).join('\n')}`,
        );
      done(EXIT.fine);
    });
}
