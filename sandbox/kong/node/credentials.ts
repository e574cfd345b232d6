import type { Credential } from './model.ts';
import type { Database } from './database.ts';

interface Row {
  id: string;
  expires: number | null;
  consumer_id: string;
  username: string | null;
  custom_id: string | null;
}

const SQL = `SELECT k.id, k.ttl AS expires, c.id AS consumer_id, c.username, c.custom_id
  FROM keyauth_credentials k JOIN consumers c ON c.id = k.consumer_id
  WHERE k.key = $1 AND (k.ttl IS NULL OR k.ttl >= CURRENT_TIMESTAMP AT TIME ZONE 'UTC')`;

/** API keys, each asked for once and kept, also those that do not exist, until the database says that they changed. */
export class Credentials {
  readonly #db: Database;
  readonly #known = new Map<string, Credential | undefined>();
  readonly #asked = new Map<string, Promise<Credential | undefined>>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** The credential of a key. Throws DatabaseError for a key that is not known yet while the database is down. */
  find(key: string): Credential | undefined | Promise<Credential | undefined> {
    const known = this.#known.get(key);
    if (known === undefined && !this.#known.has(key)) return this.#ask(key);
    return (known?.expires ?? Infinity) < Date.now() / 1000 ? undefined : known;
  }

  forget(): void {
    this.#known.clear();
    this.#asked.clear();
  }

  #ask(key: string): Promise<Credential | undefined> {
    const asked = this.#asked.get(key);
    if (asked !== undefined) return asked;
    const answer = this.#load(key).finally(() => {
      if (this.#asked.get(key) === answer) this.#asked.delete(key);
    });
    this.#asked.set(key, answer);
    return answer;
  }

  async #load(key: string): Promise<Credential | undefined> {
    const [row] = await this.#db.query<Row>(SQL, [key]);
    const credential = row && {
      id: row.id,
      expires: row.expires,
      consumer: { id: row.consumer_id, username: row.username, custom_id: row.custom_id },
    };
    if (this.#asked.has(key)) this.#known.set(key, credential);
    return credential;
  }
}
