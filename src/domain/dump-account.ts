import { plural } from './plural.ts';

/** What an account can't read of a database, though it belongs into a dump. */
export interface Unreadable {
  readonly user: string;
  readonly count: number;
  /** The first of them: `table extra.t`, `large object 4711`. */
  readonly first: readonly string[];
  /** Statements of SQL that help. */
  readonly grants: readonly string[];
}

/** Who tried, and what each could not read: the account of `database.admin`, where the plan has one, comes last. */
export type NobodyReads = readonly [Unreadable, ...Unreadable[]];

const MOST_GRANTS = 4;

/** What this account can't read, in words. */
export const cannotRead = ({ user, count, first }: Unreadable): string => {
  const more = count > first.length ? `, and ${count - first.length} more` : '';
  return `${user} can't read ${plural(count, 'thing')} of the database (${first.join(', ')}${more})`;
};

/** What to do, so that one of them can. */
export const whatHelps = (nobody: NobodyReads): string => {
  const { grants } = nobody.at(-1) ?? nobody[0];
  const some = grants.slice(0, MOST_GRANTS).join('; ');
  const more = grants.length > MOST_GRANTS ? '; and so on' : '';
  return `As who owns them: ${some}${more}. Or give a superuser as \`database.admin\`.`;
};
