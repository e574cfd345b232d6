import { CrossfadeError } from '../domain/errors/index.ts';
import type { DatabaseRef, Plan } from '../domain/plan/index.ts';
import { loggedIn } from './options.ts';
import { readPlan } from './plan-file.ts';

export interface NamedDatabase {
  readonly database: DatabaseRef;
  /** Where a plan names it. */
  readonly plan?: Plan;
}

/**
 * The database of a plan, or else the one that PostgreSQL's own variables name (`PGHOST`, `PGPORT`, `PGDATABASE`, `PGUSER`,
 * `PGPASSWORD`, `PGSSLMODE`, `PGSSLROOTCERT`). Error `DatabaseNotNamed`, and those of `readPlan`.
 */
export function namedDatabase(file: string | undefined, env = process.env): NamedDatabase {
  if (file === undefined) return { database: fromVariables(env) };
  const { plan } = readPlan(file);
  return { database: plan.database, plan };
}

function fromVariables(env: NodeJS.ProcessEnv): DatabaseRef {
  const { PGDATABASE: name } = env;
  // As for psql, what is empty is not set.
  const host = env['PGHOST'] || 'localhost';
  const port = env['PGPORT'] || '5432';
  const user = env['PGUSER'] || loggedIn(env);
  if (!name || !user)
    throw notNamed(`${name ? 'PGUSER' : 'PGDATABASE'} is not set, and no plan was given to take the database from.`);
  if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65_535) throw notNamed(`PGPORT is no port: ${port}.`);
  const tls = tlsOf(env);
  return {
    host,
    port: Number(port),
    name,
    user,
    ...(env['PGPASSWORD'] ? { password: { env: 'PGPASSWORD' } } : {}),
    ...(tls === undefined ? {} : { tls }),
  };
}

/** As libpq reads `PGSSLMODE`, but that nothing is tried twice: `allow` and `prefer` mean without TLS. */
function tlsOf({ PGSSLMODE: mode, PGSSLROOTCERT: ca }: NodeJS.ProcessEnv): DatabaseRef['tls'] {
  switch (mode || 'prefer') {
    case 'disable':
    case 'allow':
    case 'prefer':
      return undefined;
    case 'require':
      return { verify: false };
    case 'verify-ca':
    case 'verify-full':
      return { verify: true, ...(ca ? { ca } : {}) };
    default:
      throw notNamed(`PGSSLMODE is none of PostgreSQL's modes: ${mode}.`);
  }
}

const notNamed = (message: string): CrossfadeError => new CrossfadeError('DatabaseNotNamed', message);
