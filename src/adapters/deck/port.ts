import type { AdminAccess, BackupPlan } from '../../domain/plan/index.ts';

export type DeckPlan = Exclude<BackupPlan['deck'], false>;

/** A `deck` command, and which one it is. */
export interface DeckProgram {
  readonly command: readonly string[];
  /** `1.43.0`, or what it says instead. */
  readonly version: string;
  /** What comes before `dump`: older ones have no `gateway`. */
  readonly group: readonly string[];
}

/** Whose configuration is dumped. */
export interface DeckTarget {
  /** Address of an Admin API. */
  readonly admin: string;
  readonly access: AdminAccess;
}

/** decK, Kong's declarative configuration tool. */
export interface Deck {
  /** Which decK it is, and that it can do what the plan wants. Errors `ProgramMissing`, `DeckFailed`, `DeckUnusable`. */
  find(plan: DeckPlan, signal: AbortSignal): Promise<DeckProgram>;
  /** decK itself reaches the Admin API. Error `DeckFailed`. */
  ping(program: DeckProgram, target: DeckTarget, signal: AbortSignal): Promise<void>;
  /** Names of the workspaces; `undefined` where Kong has none (Kong Gateway OSS). Errors `DeckFailed`, `DeckUnusable`, `NodeUnreachable`. */
  workspaces(target: DeckTarget): Promise<readonly string[] | undefined>;
  /**
   * The configuration of one workspace as YAML; `undefined` for that of a Kong without workspaces. The stream throws `DeckFailed` instead
   * of ending when deck fails, when it is silent for too long, or when what it printed is not that configuration.
   */
  dump(
    program: DeckProgram,
    target: DeckTarget,
    what: { readonly workspace: string | undefined } & Pick<DeckPlan, 'ids' | 'defaults'>,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>;
}
