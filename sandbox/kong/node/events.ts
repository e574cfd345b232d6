import { randomUUID } from 'node:crypto';
import { atLeast, type KongVersion } from '../schema/versions.ts';
import type { Database } from './database.ts';

/** What a change concerns: routing and plugins, or credentials and consumers. */
export type Concern = 'core' | 'credentials';

/** The channel on which a release tells of changes: 3.7 gave routing and plugins one of their own. */
export function channelOf(version: KongVersion, concern: Concern): string {
  return concern === 'core' && atLeast(version, '3.7.1') ? 'invalidations_kong_core_db_cache' : 'invalidations';
}

const CREDENTIAL_KEY = /^(keyauth_credentials|consumers):/;

/** What a release makes of an event; undefined if it does not listen, or does not keep such a thing in that cache. */
export function concernOf(version: KongVersion, channel: string, key: string): Concern | undefined {
  if (channel === channelOf(version, 'credentials') && CREDENTIAL_KEY.test(key)) return 'credentials';
  return channel === channelOf(version, 'core') && !CREDENTIAL_KEY.test(key) ? 'core' : undefined;
}

/** How long an event is offered to the other nodes. */
const KEEP_S = 3600;
/** Events are asked for again this far back, for clocks and transactions that are late. */
const OVERLAP_S = 2;

/** The messages that nodes leave each other in the table `cluster_events`. */
export class ClusterEvents {
  readonly #db: Database;
  readonly #version: KongVersion;
  readonly #nodeId: string;
  readonly #seen = new Map<string, number>();
  #since = Date.now() / 1000;

  constructor(db: Database, version: KongVersion, nodeId: string) {
    this.#db = db;
    this.#version = version;
    this.#nodeId = nodeId;
  }

  /** Tells the other nodes. `keys` are the cache keys that are no longer true. */
  async send(concern: Concern, keys: readonly string[]): Promise<void> {
    const now = Date.now() / 1000;
    for (const key of keys) {
      await this.#db.execute(
        `INSERT INTO cluster_events (id, node_id, at, nbf, expire_at, channel, data)
           VALUES ($1, $2, to_timestamp($3), NULL, to_timestamp($4), $5, $6)`,
        [randomUUID(), this.#nodeId, now, now + KEEP_S, channelOf(this.#version, concern), key],
      );
    }
  }

  /** What other nodes have told since the last time. Throws DatabaseError. */
  async receive(): Promise<Set<Concern>> {
    const now = Date.now() / 1000;
    const rows = await this.#db.query<{ id: string; channel: string; data: string }>(
      `SELECT id, channel, data FROM cluster_events WHERE at > to_timestamp($1) AND node_id <> $2 AND expire_at > to_timestamp($3)`,
      [this.#since - OVERLAP_S, this.#nodeId, now],
    );
    this.#since = now;
    const concerns = new Set<Concern>();
    for (const { id, channel, data } of rows) {
      if (this.#seen.has(id)) continue;
      this.#seen.set(id, now);
      const concern = concernOf(this.#version, channel, data);
      if (concern !== undefined) concerns.add(concern);
    }
    for (const [id, at] of this.#seen) if (at < now - 60) this.#seen.delete(id);
    return concerns;
  }
}
