import type { Plan, SideAddresses } from '../../domain/plan/index.ts';
import type { HowTold, KnownClients } from '../../domain/sessions.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';

// X and Y in PostgreSQL: their roles and their sessions.

type Database = Plan['database'];

/** `roles.ts` */
export interface RoleActivities {
  /** Makes Y's own role and proves that it can log on. Lifts what an earlier upgrade may have left locked out. Error `RoleOfYRefused`. */
  prepareRoleOfY(input: { database: Database; role: string }): Promise<void>;
  /**
   * Drops it once nobody is logged on by it. Error `RoleOfYInUse`. Tolerates that it never was. Returns in words why it is left without
   * a way to log on, where it can't be dropped.
   */
  dropRoleOfY(input: { database: Database; role: string }): Promise<string | undefined>;
  /** How X's sessions are known, by what the nodes themselves say and what PostgreSQL shows; X and Y must be running. */
  tellSessions(input: {
    x: SideAddresses;
    y: SideAddresses;
    /** By the plan, for nodes that don't say it. */
    planned: { readonly x: readonly string[]; readonly y: readonly string[] };
    others: readonly string[];
    database: Database;
  }): Promise<SessionFacts>;
  /** Takes the log-on away from X's roles and ends what is left of their sessions. Errors `DatabaseNotPermitted`, `RoleOfXShared`, `RoleOfXIsOurs`. */
  lockOutX(input: { database: Database; upgrade: UpgradeRef; roles: readonly string[] }): Promise<void>;
  /** Gives every log-on back that was taken. Returns the roles, and those that are gone; none where nothing was taken. */
  letXIn(input: {
    database: Database;
  }): Promise<{ readonly roles: readonly string[]; readonly gone: readonly string[] }>;
}

export interface SessionFacts {
  readonly told: HowTold;
  readonly known: KnownClients;
  /** Sessions that look like Kong's and are of no node of the plan, as `role@address`. */
  readonly strangers: readonly string[];
}
