import type { z } from 'zod';

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'named fields',
  record: 'names with values',
};

/** Issues of the schema in words for people, where a field has none of its own. */
export function inWords(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `expected ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value': {
      const values = issue.values.map((value) => JSON.stringify(value)).join(' or ');
      return issue.input === undefined ? `is missing: expected ${values}` : `expected ${values}`;
    }
    case 'too_small':
      return `expected ${issue.origin === 'string' ? textOf(Number(issue.minimum)) : issue.origin === 'array' ? 'at least one' : `at least ${issue.minimum}`}`;
    case 'too_big':
      return `expected at most ${issue.maximum}`;
    case 'invalid_key':
      return 'expected a name of capital letters, digits and "_"';
    default:
      return 'is not what is expected here';
  }
}

const textOf = (minimum: number): string => (minimum <= 1 ? 'text, it is empty' : `at least ${minimum} characters`);
