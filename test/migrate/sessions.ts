import { Client } from 'pg';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { PASSWORD } from '../kong-adapter/fixture.ts';

/** Sessions of other people. */
export class Sessions {
  readonly #open: Client[] = [];

  async open(database: DatabaseRef, as: 'kong' | 'postgres' = 'kong', name = 'a report'): Promise<Client> {
    const password = as === 'kong' ? PASSWORD : 'postgres';
    const { host, port } = database;
    const client = new Client({ host, port, database: database.name, user: as, password, application_name: name });
    // A test may end the session from the other side.
    client.on('error', () => undefined);
    this.#open.push(client);
    await client.connect();
    return client;
  }

  /** A transaction that has read a table, stays open, and is no young one any more. */
  async longTransaction(database: DatabaseRef, as?: 'postgres'): Promise<Client> {
    const client = await this.open(database, as);
    await client.query(`BEGIN; SELECT count(*) FROM plugins WHERE name = 'nobody may see this'`);
    await waitFor('the transaction is old', async () => {
      const { rows } = await client.query<{ old: boolean }>(
        `SELECT clock_timestamp() > now() + interval '1.2 s' AS old`,
      );
      return rows[0]?.old === true;
    });
    return client;
  }

  async end(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((client) => client.end().catch(() => undefined)));
  }
}
