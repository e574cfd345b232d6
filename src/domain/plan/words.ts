import type { z } from 'zod';
import { fieldsOf, listOf } from './fault.ts';

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'named fields',
  record: 'names with values',
};

const UNEXPECTED = 'is not what is expected here';

/** Issues of the schema in words for people, where a field has none of its own. */
export function inWords(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `expected ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return expectedOneOf(issue.values, issue.input);
    // Which kind of something it is: the names of all kinds.
    case 'invalid_union': {
      const { discriminator, options, input } = issue;
      if (discriminator === undefined) return UNEXPECTED;
      return expectedOneOf(listOf(options), fieldsOf(input)[discriminator]);
    }
    case 'too_small':
      return `expected ${issue.origin === 'string' ? textOf(Number(issue.minimum)) : issue.origin === 'array' ? 'at least one' : `at least ${issue.minimum}`}`;
    case 'too_big':
      return `expected at most ${issue.maximum}`;
    case 'invalid_key':
      return 'expected a name of capital letters, digits and "_"';
    default:
      return UNEXPECTED;
  }
}

function expectedOneOf(values: readonly unknown[], found: unknown): string {
  const expected = `expected ${values.map((value) => JSON.stringify(value)).join(' or ')}`;
  return found === undefined ? `is missing: ${expected}` : expected;
}

const textOf = (minimum: number): string => (minimum <= 1 ? 'text, it is empty' : `at least ${minimum} characters`);
