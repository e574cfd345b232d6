import type { DatabaseRef, TextOrSecret } from '../../domain/plan/index.ts';
import type { Secrets } from '../secrets.ts';

/** All that a command gets from the worker's own environment. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'TMPDIR'];

/** What every command needs, and nothing of the worker's secrets. */
export const basicEnvironment = (worker: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(PASSED_ON.flatMap((name) => (worker[name] === undefined ? [] : [[name, worker[name]]])));

/** The database of the plan in Kong's own settings. The password exists only here and in the process that gets it. */
export function databaseEnvironment(database: DatabaseRef, secrets: Secrets): Record<string, string> {
  const { host, port, name, schema, user, password, tls } = database;
  return {
    KONG_DATABASE: 'postgres',
    KONG_PG_HOST: host,
    KONG_PG_PORT: String(port),
    KONG_PG_DATABASE: name,
    ...(schema === undefined ? {} : { KONG_PG_SCHEMA: schema }),
    KONG_PG_USER: user,
    ...(password === undefined ? {} : { KONG_PG_PASSWORD: secrets.resolve(password) }),
    ...(tls === undefined ? {} : { KONG_PG_SSL: 'on', KONG_PG_SSL_VERIFY: tls.verify ? 'on' : 'off' }),
    ...(tls?.ca === undefined ? {} : { KONG_LUA_SSL_TRUSTED_CERTIFICATE: `system,${tls.ca}` }),
  };
}

export const resolveAll = (env: Readonly<Record<string, TextOrSecret>>, secrets: Secrets): Record<string, string> =>
  Object.fromEntries(Object.entries(env).map(([name, value]) => [name, secrets.resolve(value)]));
