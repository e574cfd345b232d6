import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The stand-in for decK. */
export const DECK = fileURLToPath(new URL('../../sandbox/deck/deck', import.meta.url));

/** The stand-in as another version. */
export const deckOf = (version: string): string => join(dirname(DECK), version, 'deck');
