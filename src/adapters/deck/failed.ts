import { CrossfadeError } from '../../domain/errors/index.ts';

export const failed = (message: string, cause?: unknown): CrossfadeError =>
  new CrossfadeError('DeckFailed', `The declarative dump failed: ${message}.`, { cause });

/** Trying again would end the same. */
export const unusable = (message: string): CrossfadeError => new CrossfadeError('DeckUnusable', `${message}.`);
