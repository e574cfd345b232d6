/** A transaction that a migration would have to wait for: it holds a lock on a table of Kong, or waits for a strong one. */
export interface LockHolder {
  /** Tells this transaction from every other one. */
  readonly id: string;
  /**
   * `waiting`: it asks for a lock that others queue behind (DDL, `LOCK TABLE`), so a migration would queue too. `dump`: lasts, however
   * young. `prepared`: a two-phase transaction, which has no session.
   */
  readonly kind: 'transaction' | 'waiting' | 'dump' | 'prepared' | 'vacuum';
  readonly pid?: number;
  readonly user?: string;
  readonly application?: string;
  readonly address?: string;
  /** ISO 8601; absent where PostgreSQL does not tell us. */
  readonly since?: string;
  /** Milliseconds since then, by the server's clock. */
  readonly age?: number;
  /** One of its tables, and how many there are. */
  readonly table: string;
  readonly tables: number;
}

/**
 * Those that are likely to outlast a migration's short wait for a lock: transactions older than `limit` milliseconds, dumps, and whoever
 * waits for a strong lock. Where PostgreSQL hides the age, `seenFor` says how long we have seen it; `undefined` for one that was there
 * before we looked, which may be any age.
 */
export function olderThan(
  limit: number,
  holders: readonly LockHolder[],
  seenFor: (id: string) => number | undefined,
): LockHolder[] {
  return holders.filter(({ id, kind, age }) => {
    if (kind === 'waiting' || kind === 'dump') return true;
    return (age ?? seenFor(id) ?? Infinity) > limit;
  });
}

/** Whom to look for: never what it executes, which may hold values. */
export function describeHolder(holder: LockHolder): string {
  const { kind, pid, user, application, address, since, table, tables } = holder;
  const what = { transaction: 'transaction', waiting: 'waiting for a lock', dump: 'dump', vacuum: 'autovacuum' };
  const parts = [
    kind === 'prepared' ? `prepared transaction ${holder.id}` : `pid ${pid ?? '?'}`,
    ...(user === undefined ? [] : [`user ${user}`]),
    ...(application === undefined ? [] : [`application ${application}`]),
    ...(address === undefined ? [] : [`from ${address}`]),
    ...(kind === 'prepared' ? [] : [what[kind]]),
    since === undefined ? 'since a time that PostgreSQL hides from us' : `since ${since}`,
    `on ${table}${tables > 1 ? ` and ${tables - 1} more` : ''}`,
  ];
  return parts.join(', ');
}
