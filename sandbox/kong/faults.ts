import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** What goes wrong with proxied requests of a node. */
export interface ProxyFaults {
  /** Share of the requests that it hits, 0 to 1; all of them if not given. */
  readonly ratio?: number;
  /** Kong itself answers with this status instead of asking the upstream. */
  readonly status?: number;
  /** Wait before going on. */
  readonly latencyMs?: number;
  /** Every request finds no route, whatever `ratio` says. */
  readonly noRoutes?: boolean;
}

/** What goes wrong with `kong migrations up` and `finish`. */
export interface MigrationFaults {
  /** The command that takes the lock and then does nothing for ever. */
  readonly hang?: 'up' | 'finish';
  /** Wait before each migration. */
  readonly sleepMs?: number;
  /** Name of a migration that is not begun for as long as the file says so. */
  readonly waitBefore?: string;
  /** Name of a migration that fails. */
  readonly fail?: string;
  /** Tables that migrations lock first, by the migration's name: as those of other releases do, which alter them. */
  readonly locks?: Readonly<Record<string, string>>;
}

/** Content of the file named by `KONG_STANDIN_FAULTS`; no file, no faults. */
export interface Faults {
  readonly proxy?: ProxyFaults;
  /** `crash`: the node dies right after its start; `unready`: `/status/ready` stays 503. */
  readonly start?: 'crash' | 'unready';
  readonly migrations?: MigrationFaults;
  /** Limits `proxy` and `start` to nodes with these names; all nodes if not given. */
  readonly nodes?: readonly string[];
}

/** Reads the faults as they are now. A half-written or missing file means none. */
export function readFaults(env: NodeJS.ProcessEnv = process.env): Faults {
  const file = env['KONG_STANDIN_FAULTS'];
  if (file === undefined || file === '') return {};
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Faults;
  } catch {
    return {};
  }
}

/** A node's name for `faults.nodes`: `KONG_STANDIN_NODE`, else the last part of its prefix. */
export function nodeName(prefix: string, env: NodeJS.ProcessEnv = process.env): string {
  return env['KONG_STANDIN_NODE'] ?? basename(prefix);
}

/** The faults that concern this node. */
export function faultsOf(faults: Faults, node: string): Pick<Faults, 'proxy' | 'start'> {
  return faults.nodes === undefined || faults.nodes.includes(node) ? faults : {};
}

/** Keeps {@link current} up to date, at most 100 ms behind the file. */
export class FaultWatch {
  #current: Pick<Faults, 'proxy' | 'start'>;

  constructor(node: string) {
    const read = (): Pick<Faults, 'proxy' | 'start'> => faultsOf(readFaults(), node);
    this.#current = read();
    if (process.env['KONG_STANDIN_FAULTS']) setInterval(() => (this.#current = read()), 100).unref();
  }

  get current(): Pick<Faults, 'proxy' | 'start'> {
    return this.#current;
  }
}
