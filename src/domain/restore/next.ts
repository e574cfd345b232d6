import type { RestoreNames } from './names.ts';

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The SQL that gives the kept database its name back, to be run in another database of the server while no node runs. */
export const swapBackSql = ({ database, restored, kept }: RestoreNames): string =>
  `BEGIN; ALTER DATABASE ${quote(database)} RENAME TO ${quote(restored)}; ` +
  `ALTER DATABASE ${quote(kept)} RENAME TO ${quote(database)}; COMMIT;`;

/** What a person does after the names were swapped. `kept`: there was a database to keep. */
export function whatNext(names: RestoreNames, kong: string, keptOne: boolean): string[] {
  const { database, kept } = names;
  return [
    `Start X (Kong ${kong}) on ${database}, as it is in the plan: it carries no guard, so nothing has to be thawed.`,
    'The balancer was not touched: `rollbackUpgrade` with the same plan starts X, and sends all of it there.',
    ...(keptOne
      ? [
          `To go back to what was there before, stop every node and run in another database of the server: ${swapBackSql(names)}`,
          `Once nobody needs it any more: DROP DATABASE ${quote(kept)};`,
        ]
      : []),
  ];
}
