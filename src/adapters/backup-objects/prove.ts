import type { Encrypt } from '../../domain/plan/index.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { Secrets } from '../secrets.ts';
import { decrypt, encrypt, identities } from './age.ts';

const PROBE = 'crossfade';

/**
 * Encrypts a few bytes for the recipients, and opens them with the identity where the plan has one. Errors `CannotDecrypt`,
 * `SecretMissing`.
 */
export type ProveEncryption = (plan: Encrypt) => Promise<void>;

export const createProveEncryption =
  (secrets: Secrets): ProveEncryption =>
  async (plan) => {
    const sealed = await all(encrypt(probe(), plan));
    if (plan.identity === undefined) return;
    const opened = await all(decrypt(one(sealed), identities(plan, secrets)));
    if (opened.toString() !== PROBE)
      throw new CrossfadeError('CannotDecrypt', 'What was encrypted for a test came back as something else.');
  };

const probe = () => one(Buffer.from(PROBE));

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

async function all(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
