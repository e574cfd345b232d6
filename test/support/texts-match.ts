import { expect } from 'vitest';

// Without this `toMatchObject({ text: /…/ })` holds for every text: a regular expression has no properties that could differ.
expect.addEqualityTesters([
  (received, expected) => {
    if (!(expected instanceof RegExp) || received instanceof RegExp) return undefined;
    return typeof received === 'string' && expected.test(received);
  },
]);
