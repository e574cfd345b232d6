import type { MigrationState } from '../../migrations.ts';
import type { Report } from '../types.ts';
import { markup, type Markup } from './markup.ts';
import { tableSection } from './table.ts';

/** The state of Kong's migrations as it was read back, before and after. */
export function migrations({ migrations: it }: Report): Markup {
  const rows = [
    { when: 'before', state: it.before },
    { when: 'after up', state: it.afterUp },
    { when: 'after finish', state: it.after },
  ].flatMap(({ when, state }) => (state === undefined ? [] : [{ when, state }]));
  return tableSection('Migrations of the database', rows, [
    { head: 'When', kind: 't', cell: ({ when }) => when },
    { head: 'State', kind: 't', cell: ({ state }) => WORDS[state.state] },
    { head: 'Executed', kind: 'n', cell: ({ state }) => state.executed.length },
    { head: 'New', cell: ({ state }) => names(state.new) },
    { head: 'Pending', cell: ({ state }) => names(state.pending) },
  ]);
}

const WORDS: Record<MigrationState['state'], string> = {
  'needs-bootstrap': 'needs bootstrapping',
  clean: 'nothing to do',
  new: 'up has work',
  pending: 'finish has work',
  'pending-and-new': 'finish and up have work',
};

const names = (list: readonly string[]): Markup | string =>
  list.length === 0 ? '–' : markup`${list.map((name, index) => markup`${index > 0 && ' '}<code>${name}</code>`)}`;
