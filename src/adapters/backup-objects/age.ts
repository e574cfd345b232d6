import { Decrypter, Encrypter } from 'age-encryption';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { Encrypt } from '../../domain/plan/index.ts';
import type { Secrets } from '../secrets.ts';

/** For all recipients of the plan, in age's own format. */
export async function* encrypt(body: AsyncIterable<Uint8Array>, { recipients }: Encrypt): AsyncIterable<Uint8Array> {
  const age = new Encrypter();
  for (const recipient of recipients) age.addRecipient(recipient);
  yield* await age.encrypt(ReadableStream.from(body));
}

/** Error `CannotDecrypt`, before the first byte. Content that was changed makes age throw later. */
export async function* decrypt(
  body: AsyncIterable<Uint8Array>,
  plan: Encrypt | undefined,
  secrets: Secrets,
): AsyncIterable<Uint8Array> {
  if (plan?.identity === undefined)
    throw new CrossfadeError(
      'CannotDecrypt',
      'The object is encrypted with age, and the plan has no `backup.encrypt.identity`.',
    );
  const age = new Decrypter();
  const identities = identitiesIn(secrets.resolve(plan.identity));
  if (identities.length === 0)
    throw new CrossfadeError('CannotDecrypt', 'What `backup.encrypt.identity` refers to holds no identity of age.');
  try {
    for (const identity of identities) age.addIdentity(identity);
    yield* await age.decrypt(ReadableStream.from(body));
  } catch (cause) {
    if (!/identity|recipient/.test((cause as Error).message)) throw cause;
    const why = (cause as Error).message;
    throw new CrossfadeError('CannotDecrypt', `\`backup.encrypt.identity\` does not open the object: ${why}.`, {
      cause,
    });
  }
}

/** A file of `age-keygen` has comments beside the identity. */
const identitiesIn = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('AGE-SECRET-KEY-'));
