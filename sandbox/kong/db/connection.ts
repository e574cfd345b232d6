import pg from 'pg';
import { KongError, setting, type Settings } from '../settings.ts';

/** A failure of PostgreSQL in Kong's words, without its prefix. */
export class DatabaseError extends Error {}

/** Says what the driver or the server said in the words of Kong's driver. */
export function describe(error: unknown): string {
  if (error instanceof pg.DatabaseError) {
    return error.code === '28P01'
      ? 'authentication exchange unsuccessful'
      : `${error.severity ?? 'ERROR'}: ${error.message}`;
  }
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return '[cosocket] DNS resolution failed: dns client error: 3 name error';
  if (/SASL|password must be a string/.test(error.message)) return 'authentication exchange unsuccessful';
  if (/timeout/i.test(error.message)) return 'timeout';
  if (code === 'ECONNRESET' || /Connection terminated|not queryable/.test(error.message)) return 'closed';
  return error.message;
}

/** Connection parameters as Kong's driver would use them. */
export function clientConfig(settings: Settings): pg.ClientConfig {
  const schema = settings['pg_schema'] ?? '';
  return {
    host: setting(settings, 'pg_host'),
    port: Number(setting(settings, 'pg_port')),
    user: setting(settings, 'pg_user'),
    ...(settings['pg_password'] ? { password: settings['pg_password'] } : {}),
    database: setting(settings, 'pg_database'),
    application_name: 'kong',
    options: `-c TimeZone=UTC${schema === '' ? '' : ` -c search_path=${schema}`}`,
    connectionTimeoutMillis: Number(setting(settings, 'pg_timeout')),
    keepAlive: true,
  };
}

/** One connection whose statements give up waiting after `timeoutMs`; the server goes on with them, as with Kong. */
export class Connection {
  readonly #client: pg.Client;
  readonly #timeoutMs: number;
  #broken = false;

  private constructor(client: pg.Client, timeoutMs: number) {
    this.#client = client;
    this.#timeoutMs = timeoutMs;
  }

  /** Connects and asks for the server's version, Kong's first statement. Throws {@link KongError}. */
  static async open(settings: Settings, timeoutMs: number): Promise<Connection> {
    const client = new pg.Client({ ...clientConfig(settings), connectionTimeoutMillis: timeoutMs });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query<{ server_version_num: string }>('SHOW server_version_num');
      if (Number(rows[0]?.server_version_num) < 90500) throw new Error('unsupported PostgreSQL version');
    } catch (error) {
      await client.end().catch(() => undefined);
      throw new KongError(`[PostgreSQL error] failed to retrieve PostgreSQL server_version_num: ${describe(error)}`);
    }
    return new Connection(client, timeoutMs);
  }

  /** Runs one statement with values, or a batch of statements without. Throws {@link DatabaseError}. */
  async query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<pg.QueryResult<Row>> {
    if (this.#broken) throw new DatabaseError('closed');
    let timer: NodeJS.Timeout | undefined;
    const expired = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#broken = true;
        void this.#client.end().catch(() => undefined);
        reject(new DatabaseError('receive_message: failed to get type: timeout'));
      }, this.#timeoutMs);
    });
    try {
      const result = values === undefined ? this.#client.query<Row>(text) : this.#client.query<Row>(text, values);
      result.catch(() => undefined);
      return await Promise.race([result, expired]);
    } catch (error) {
      throw error instanceof DatabaseError ? error : new DatabaseError(describe(error));
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    await Promise.race([
      this.#client.end().catch(() => undefined),
      new Promise((done) => setTimeout(done, 100).unref()),
    ]);
  }
}
