import { readFile, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { createRoleActivities } from '../../src/activities/roles.ts';
import type { RoleActivities } from '../../src/activities/contract.ts';
import { resolveHosts } from '../../src/adapters/network/resolve.ts';
import { throughLockOut } from '../../src/adapters/postgres/connect-locked-out.ts';
import { createControlConnections } from '../../src/adapters/postgres/control-connection.ts';
import { createLockOut } from '../../src/adapters/postgres/lock-out.ts';
import { createRoleOfY } from '../../src/adapters/postgres/role-of-y.ts';
import { createReadSessions } from '../../src/adapters/postgres/sessions.ts';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { asActivity, PASSWORD, secrets, type Kong } from '../kong-adapter/fixture.ts';
import { http } from '../nodes/fixture.ts';

/** As the worker connects: it keeps a session of Kong's role to every frozen database. To be closed before the server is stopped. */
export const control = createControlConnections(secrets);
export const connect = throughLockOut(control.connect);
export const roleOfY = createRoleOfY(connect, secrets);
export const lockOut = createLockOut(connect);
export const readSessions = createReadSessions(connect);

const activities = createRoleActivities({ http, resolveHosts, roleOfY, lockOut, sessions: readSessions });
export const roles: RoleActivities = {
  prepareRoleOfY: (input) => asActivity(() => activities.prepareRoleOfY(input)),
  dropRoleOfY: (input) => asActivity(() => activities.dropRoleOfY(input)),
  tellSessions: (input) => asActivity(() => activities.tellSessions(input)),
  lockOutX: (input) => asActivity(() => activities.lockOutX(input)),
  letXIn: (input) => asActivity(() => activities.letXIn(input)),
};

/** `pg` opens the connection by itself, and leaves no choice of the address that it comes from. */
class SocketFrom extends Socket {
  private readonly from: string;

  constructor(from: string) {
    super();
    this.from = from;
  }

  override connect(...[port, host]: unknown[]): this {
    return super.connect({ port: Number(port), host: String(host), localAddress: this.from });
  }
}

/** A session as a node of Kong has it, from an address of this machine; ended by the caller, or by the server. */
export async function nodeSession(
  { host, port, name }: DatabaseRef,
  user: string,
  { from = '127.0.0.1', application = 'kong', password = PASSWORD } = {},
): Promise<Client> {
  const client = new Client({
    host,
    port,
    database: name,
    user,
    password,
    application_name: application,
    stream: () => new SocketFrom(from),
  });
  // The server ends it in some tests.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Puts lines before what pg_hba.conf has, until the answer is called. */
export async function withAccessRules({ postgres }: Kong, lines: readonly string[]): Promise<() => Promise<void>> {
  const file = join(postgres.socketDir, 'pg_hba.conf');
  const before = await readFile(file, 'utf8');
  const reload = async (text: string) => {
    await writeFile(file, text);
    await postgres.query('SELECT pg_reload_conf()', 'postgres');
    const first = text.split('\n').filter((line) => /^(host|local)/.test(line)).length;
    await waitFor('the server has read pg_hba.conf', async () => {
      const [row] = await postgres.query('SELECT count(*)::int AS n FROM pg_hba_file_rules', 'postgres');
      return row?.['n'] === first || undefined;
    });
  };
  await reload(`${lines.join('\n')}\n${before}`);
  return () => reload(before);
}
