import { AsyncLocalStorage } from 'node:async_hooks';
import { Client } from 'pg';

/** A connection to PostgreSQL or a statement, by the line of `src/` that asks for it. */
export interface Step {
  readonly line: string;
  readonly text: string;
}

/** A step by its line, and the how manieth of that line it is, counted from 1. */
export interface Moment {
  readonly line: string;
  readonly nth: number;
}

/** A worker that is killed at one of its steps. */
interface Worker {
  readonly diesAt: Moment | undefined;
  readonly steps: Step[];
  readonly clients: Set<Client>;
  readonly die: () => void;
  dead: boolean;
}

const current = new AsyncLocalStorage<Worker>();

type Method = (this: Client, ...args: unknown[]) => unknown;
const prototype = Client.prototype as unknown as Record<'connect' | 'query', Method>;
const { connect, query } = prototype;

// Whatever opens connections does it by this class. Only inside `liveUntil` is anything different.
prototype.connect = function (...args) {
  const worker = current.getStore();
  if (worker === undefined) return connect.apply(this, args);
  if (diesNow(worker, 'connect')) return NEVER;
  worker.clients.add(this);
  return connect.apply(this, args);
};
prototype.query = function (...args) {
  const worker = current.getStore();
  if (worker !== undefined && diesNow(worker, textOf(args[0]))) return NEVER;
  return query.apply(this, args);
};

/** Nothing of a dead worker goes on: no statement, no `finally`. */
const NEVER = new Promise<never>(() => undefined);

const textOf = (asked: unknown): string =>
  (typeof asked === 'string' ? asked : String((asked as { text?: string }).text)).trim().split('\n')[0] ?? '';

const lineOf = (stack = ''): string => /\/src\/(\S+?:\d+)/.exec(stack)?.[1] ?? '?';

function diesNow(worker: Worker, text: string): boolean {
  if (worker.dead) return true;
  const line = lineOf(new Error('where').stack);
  worker.steps.push({ line, text });
  if (line !== worker.diesAt?.line) return false;
  if (worker.steps.filter((one) => one.line === line).length < worker.diesAt.nth) return false;
  worker.dead = true;
  // As the kernel does for a process that was killed: the server sees its connections end. Commands that it started live on.
  for (const client of worker.clients)
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  worker.die();
  return true;
}

export interface Life {
  readonly died: boolean;
  readonly steps: readonly Step[];
}

/** Does the work as a worker that is killed just before that step, or never. Errors of the work are thrown. */
export async function liveUntil(diesAt: Moment | undefined, work: () => Promise<unknown>): Promise<Life> {
  const death = Promise.withResolvers<undefined>();
  const worker: Worker = { diesAt, steps: [], clients: new Set(), die: () => death.resolve(undefined), dead: false };
  await Promise.race([current.run(worker, work), death.promise]);
  return { died: worker.dead, steps: worker.steps };
}
