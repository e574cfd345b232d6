import { existsSync } from 'node:fs';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { Secrets } from '../secrets.ts';
import type { Role } from './connect.ts';

/** Certificates of the system, where Debian, Red Hat and Alpine keep them: for servers that are verified without a CA of their own. */
const SYSTEM_CERTIFICATES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
];

/**
 * The whole environment of one `pg_dump` or `pg_restore`: how to reach the database, as Kong's own role unless it is said otherwise.
 * Nothing of it stands on a command line, and nothing of the worker's environment is passed on (a `PGOPTIONS` there would change the dump).
 */
export function programEnvironment(
  secrets: Secrets,
  database: DatabaseRef,
  path: string,
  as: Role = 'kong',
): Record<string, string> {
  const { host, port, name, tls } = database;
  const { user, password } = as === 'admin' ? (database.admin ?? database) : database;
  const ca = tls?.ca ?? SYSTEM_CERTIFICATES.find((file) => existsSync(file));
  return {
    PATH: path,
    LC_ALL: 'C',
    PGHOST: host,
    PGPORT: String(port),
    PGDATABASE: name,
    PGUSER: user,
    PGCONNECT_TIMEOUT: '5',
    ...(password === undefined ? {} : { PGPASSWORD: secrets.resolve(password) }),
    ...(tls === undefined ? {} : { PGSSLMODE: tls.verify ? 'verify-full' : 'require' }),
    ...(tls?.verify === true && ca !== undefined ? { PGSSLROOTCERT: ca } : {}),
  };
}
