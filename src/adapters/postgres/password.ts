import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** A password nobody ever sees: used for one command and forgotten. */
export const randomPassword = (): string => randomBytes(24).toString('base64url');

const ITERATIONS = 4_096;

/**
 * What PostgreSQL stores instead of the password. It is computed here, so that the password itself is in no statement that a
 * server may log.
 * @param encryption the server's setting `password_encryption`
 */
export function passwordVerifier(encryption: string, user: string, password: string): string {
  if (encryption === 'md5') return `md5${createHash('md5').update(`${password}${user}`).digest('hex')}`;
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64');
  const serverKey = hmac('Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
