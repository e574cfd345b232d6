import { setTimeout as sleep } from 'node:timers/promises';
import type { SchemaMetaReader } from '../adapters/postgres/schema-meta.ts';
import { migrationOfLine, progressOf } from '../domain/migrations/index.ts';
import type { DatabaseRef } from '../domain/plan/index.ts';
import { reportProgress } from './progress.ts';

const EVERY = 1_000;

/** One command and the migrations that it has before it. */
export interface Followed {
  readonly database: DatabaseRef;
  readonly command: 'up' | 'finish';
  readonly todo: readonly string[];
}

/**
 * Reports how far a migration is while `work` runs, by `schema_meta`, and by the lines of the command where they come at once: Kong's
 * piped output comes at its end only. What goes wrong here does not matter to the migration.
 */
export async function following<T>(
  schemaMeta: Pick<SchemaMetaReader, 'open'>,
  followed: Followed,
  work: (onLine: (line: string) => void) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  report(followed, 0, followed.todo[0]);
  const polling = follow(schemaMeta, followed, ended.signal);
  const told = new Set<string>();
  const onLine = (line: string): void => {
    const migration = migrationOfLine(line);
    if (migration === undefined) return;
    told.add(migration);
    report(
      followed,
      told.size,
      followed.todo.find((one) => !told.has(one)),
    );
  };
  try {
    return await work(onLine);
  } finally {
    ended.abort();
    await polling;
  }
}

async function follow(
  schemaMeta: Pick<SchemaMetaReader, 'open'>,
  followed: Followed,
  ended: AbortSignal,
): Promise<void> {
  const pause = () => sleep(EVERY, undefined, { signal: ended }).catch(() => undefined);
  while (!ended.aborted) {
    try {
      await readUntil(schemaMeta, followed, ended, pause);
    } catch {
      // The connection is lost, or there is none: the next one may work.
      await pause();
    }
  }
}

async function readUntil(
  schemaMeta: Pick<SchemaMetaReader, 'open'>,
  followed: Followed,
  ended: AbortSignal,
  pause: () => Promise<unknown>,
): Promise<void> {
  const session = await schemaMeta.open(followed.database);
  try {
    while (!ended.aborted) {
      const meta = await session.read();
      if (meta !== undefined && !ended.aborted) {
        const { done, at } = progressOf(followed.command, followed.todo, meta);
        report(followed, done, at);
      }
      await pause();
    }
  } finally {
    await session.close();
  }
}

function report({ command, todo }: Followed, done: number, at?: string): void {
  const migration = at === undefined ? {} : { migration: at };
  reportProgress({ command: `kong migrations ${command}`, done, of: todo.length, ...migration });
}
