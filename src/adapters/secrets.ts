import { readFileSync } from 'node:fs';
import type { TextOrSecret } from '../domain/plan/index.ts';
import { CrossfadeError } from '../domain/errors/index.ts';

/** Resolves references to secrets at the last moment, and removes every value it ever gave out from texts. */
export interface Secrets {
  /** The text itself, or the secret that it refers to. Error `SecretMissing`. */
  resolve(value: TextOrSecret): string;
  /** The text with every secret that was resolved so far replaced by `***`. */
  redact(text: string): string;
}

/** Shorter values would also blank out innocent words. */
const SHORTEST_REDACTED = 4;

export function createSecrets(environment: NodeJS.ProcessEnv): Secrets {
  const known = new Set<string>();

  function read(value: Exclude<TextOrSecret, string>): string {
    if ('env' in value) {
      const found = environment[value.env];
      if (found !== undefined && found !== '') return found;
      throw new CrossfadeError('SecretMissing', `The environment variable ${value.env} of the worker is not set.`);
    }
    try {
      return readFileSync(value.file, 'utf8').replace(/\r?\n$/, '');
    } catch (cause) {
      throw new CrossfadeError('SecretMissing', `The secret file ${value.file} can't be read by the worker.`, {
        cause,
      });
    }
  }

  return {
    resolve(value) {
      if (typeof value === 'string') return value;
      const secret = read(value);
      if (secret.length >= SHORTEST_REDACTED) known.add(secret);
      return secret;
    },
    redact(text) {
      let clean = text;
      for (const secret of known) {
        clean = clean.replaceAll(secret, '***').replaceAll(encodeURIComponent(secret), '***');
      }
      return clean;
    },
  };
}
