import type { Command } from 'commander';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import { namedDatabase } from '../database.ts';
import { EXIT } from '../exit-codes.ts';
import { freezeLines } from '../freeze-text.ts';
import { print } from '../io.ts';
import { freezeByHand } from '../thaw.ts';

export function freezeCommand(program: Command, done: (code: number) => void): void {
  program
    .command('freeze')
    .summary('show who froze what, from the database alone')
    .description(
      'Shows the freeze in the database of a plan, or of PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD and PGSSLMODE. Only an upgrade freezes; `crossfade thaw` lifts what one has left.',
    )
    .argument('[file]', 'the plan, JSON or YAML')
    .requiredOption('--status', 'show it')
    .action(async (file: string | undefined) => {
      const { database } = namedDatabase(file);
      const facts = await freezeByHand(database).read();
      print(freezeLines(facts, whereIs(database), new Date().toISOString()).join('\n'));
      done(EXIT.fine);
    });
}

export const whereIs = ({ host, port, name }: DatabaseRef): string => `${name} on ${host}:${port}`;
