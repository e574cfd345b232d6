import { generateIdentity, identityToRecipient } from 'age-encryption';

/** A pair of age, as `age-keygen` makes one: backups are encrypted for the recipient, and opened with the identity. */
export async function newBackupKey(): Promise<{ recipient: string; identity: string }> {
  const identity = await generateIdentity();
  return { identity, recipient: await identityToRecipient(identity) };
}
