import { Decrypter, Encrypter } from 'age-encryption';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { Encrypt } from '../../domain/plan/index.ts';
import type { Secrets } from '../secrets.ts';

/** For all recipients of the plan, in age's own format. */
export async function* encrypt(
  body: AsyncGenerator<Uint8Array>,
  { recipients }: Encrypt,
): AsyncGenerator<Uint8Array, void> {
  const age = new Encrypter();
  for (const recipient of recipients) age.addRecipient(recipient);
  yield* await age.encrypt(ReadableStream.from(body));
}

/** What can open objects. Error `CannotDecrypt` when the plan has no identity, or something else in its place. */
export function identities(plan: Encrypt | undefined, secrets: Secrets): Decrypter {
  if (plan?.identity === undefined)
    throw new CrossfadeError(
      'CannotDecrypt',
      'The object is encrypted with age, and the plan has no `backup.encrypt.identity`.',
    );
  const found = identitiesIn(secrets.resolve(plan.identity));
  if (found.length === 0)
    throw new CrossfadeError('CannotDecrypt', 'What `backup.encrypt.identity` refers to holds no identity of age.');
  const age = new Decrypter();
  for (const identity of found) add(age, identity);
  return age;
}

/** Content that was changed makes age throw at its beginning or later. Error `CannotDecrypt`: no identity fits. */
export async function* decrypt(body: AsyncGenerator<Uint8Array>, age: Decrypter): AsyncGenerator<Uint8Array, void> {
  try {
    yield* await age.decrypt(ReadableStream.from(body));
  } catch (cause) {
    if (!/no identity matched/.test((cause as Error).message)) throw cause;
    throw new CrossfadeError('CannotDecrypt', '`backup.encrypt.identity` is of none of the recipients of the object.', {
      cause,
    });
  } finally {
    // The library lets go of what it can't open without a word to the source.
    await body.return(undefined);
  }
}

/** The library's error is not passed on: it quotes the identity. */
function add(age: Decrypter, identity: string): void {
  try {
    age.addIdentity(identity);
  } catch {
    throw new CrossfadeError(
      'CannotDecrypt',
      'What `backup.encrypt.identity` refers to is no valid identity of age: a letter may be missing or mistyped.',
    );
  }
}

/** A file of `age-keygen` has comments beside the identity, and may hold several. */
const identitiesIn = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('AGE-SECRET-KEY-'));
