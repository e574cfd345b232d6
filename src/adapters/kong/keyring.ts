import { CrossfadeError } from '../../domain/errors/index.ts';
import type { KeyringState } from '../../domain/keyring.ts';
import type { AdminAccess } from '../../domain/plan/index.ts';
import type { Secrets } from '../secrets.ts';
import { call, type Answer } from './get.ts';
import { adminHeaders } from './headers.ts';

/** An Admin API, and how to talk to it. */
export interface AdminTarget {
  readonly admin: string;
  readonly access: AdminAccess;
}

/** Keyring and Data Encryption of Kong Gateway Enterprise. */
export interface Keyring {
  /** Errors `NodeUnreachable`, `KeyringRefused`. */
  read(target: AdminTarget): Promise<KeyringState>;
  /** What Kong exports, as it wants it back for an import: JSON. Errors `NodeUnreachable`, `KeyringRefused`, `KeyringNotExported`. */
  export(target: AdminTarget): Promise<string>;
}

const TIMEOUT = 15_000;
const LONGEST_REASON = 200;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

export function createKeyring(secrets: Secrets): Keyring {
  async function ask({ admin, access }: AdminTarget, path: string, method = 'GET'): Promise<Answer> {
    const answer = await call({
      ...{ url: `${admin}${path}`, method, tls: access, timeout: TIMEOUT, who: 'The Admin API' },
      headers: adminHeaders(secrets, access),
    });
    if (answer.status === 401 || answer.status === 403)
      throw new CrossfadeError(
        'KeyringRefused',
        `The Admin API answers ${method} ${admin}${path} with ${answer.status}: whether there is a keyring, and which, is not known.`,
      );
    return answer;
  }

  async function read(target: AdminTarget): Promise<KeyringState> {
    const root = await ask(target, '/');
    const { configuration = {} } = fieldsOf(root) as { configuration?: Record<string, unknown> };
    // Kong Gateway OSS knows none of these settings, and answers 404 below.
    if (root.status === 200 && configuration['keyring_enabled'] === false) return { kind: 'none' };
    const keyring = await ask(target, '/keyring');
    const isOn = configuration['keyring_enabled'] === true;
    if (root.status === 200 && keyring.status === 404 && !isOn) return { kind: 'none' };
    const strategy = configuration['keyring_strategy'];
    if (isOn && strategy !== undefined && strategy !== 'cluster') return { kind: 'vault', strategy: String(strategy) };
    if (root.status !== 200) throw unexpected(target, '/', root);
    if (keyring.status !== 200) throw unexpected(target, '/keyring', keyring);
    const { ids } = fieldsOf(keyring);
    // A Lua table without entries is printed as an object.
    return { kind: 'cluster', keys: Array.isArray(ids) ? ids.length : 0 };
  }

  return {
    read,
    async export(target) {
      const answer = await ask(target, '/keyring/export', 'POST');
      const { data, message } = fieldsOf(answer);
      if (answer.status === 200 && typeof data === 'string' && BASE64.test(data)) return JSON.stringify({ data });
      // An answer that was expected to hold keys is not shown.
      const said = answer.status !== 200 && typeof message === 'string' ? `: ${message.slice(0, LONGEST_REASON)}` : '';
      throw new CrossfadeError(
        'KeyringNotExported',
        `Kong does not export its keyring: POST ${target.admin}/keyring/export answers ${answer.status}${said || ' without an export'}.`,
      );
    },
  };
}

const unexpected = ({ admin }: AdminTarget, path: string, { status }: Answer): CrossfadeError =>
  new CrossfadeError('NodeUnreachable', `The Admin API answers GET ${admin}${path} with ${status}.`);

function fieldsOf({ body }: Answer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
