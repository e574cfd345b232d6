/** One field of an entity or of a plugin's configuration. */
export interface Field {
  readonly kind: 'string' | 'number' | 'boolean' | 'array' | 'record' | 'map' | 'foreign';
  /** Value when none is given; null if absent. */
  readonly default?: unknown;
  readonly required?: boolean;
  /** Fields of a record. */
  readonly fields?: Fields;
}

export type Fields = Readonly<Record<string, Field>>;
export type Json = Record<string, unknown>;

export const text = (value?: string): Field => ({ kind: 'string', ...(value === undefined ? {} : { default: value }) });
export const number = (value?: number): Field => ({
  kind: 'number',
  ...(value === undefined ? {} : { default: value }),
});
export const flag = (value?: boolean): Field => ({
  kind: 'boolean',
  ...(value === undefined ? {} : { default: value }),
});
export const list = (value?: readonly string[]): Field => ({
  kind: 'array',
  ...(value === undefined ? {} : { default: value }),
});
export const map = (): Field => ({ kind: 'map' });
export const record = (fields: Fields): Field => ({ kind: 'record', fields });
export const foreign = (): Field => ({ kind: 'foreign' });
export const required = (field: Field): Field => ({ ...field, required: true });

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function coerce(field: Field, value: unknown): unknown {
  // An empty value in a form unsets a field, unless empty is what it is by default.
  if (value === '' && field.kind !== 'array' && field.default !== '') return null;
  if (field.kind === 'number' && typeof value === 'string' && value.trim() !== '') return Number(value);
  if (field.kind === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  if (field.kind === 'array' && typeof value === 'string') return value === '' ? [] : value.split(',');
  if (field.kind === 'string' && (typeof value === 'number' || typeof value === 'boolean')) return String(value);
  return value;
}

/** Text of forms becomes what the field holds; fields that are not known are left out, absent ones get their default. */
export function fill(fields: Fields, given: Json): Json {
  const filled: Json = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = given[name];
    if (field.kind === 'record') filled[name] = fill(field.fields ?? {}, isObject(value) ? value : {});
    else filled[name] = value === undefined ? (field.default ?? null) : coerce(field, value);
  }
  return filled;
}

const KINDS: Readonly<Record<Field['kind'], string>> = {
  string: 'expected a string',
  number: 'expected a number',
  boolean: 'expected a boolean',
  array: 'expected an array',
  record: 'expected a record',
  map: 'expected a map',
  foreign: 'expected a foreign key',
};

function fits(field: Field, value: unknown): boolean {
  if (field.kind === 'array') return Array.isArray(value);
  if (field.kind === 'record' || field.kind === 'map' || field.kind === 'foreign') return isObject(value);
  return typeof value === field.kind && !Number.isNaN(value);
}

/** What is wrong with filled values, by field. */
export function faults(fields: Fields, values: Json): Json {
  const found: Json = {};
  for (const [name, field] of Object.entries(fields)) {
    const value = values[name];
    if (value === null || value === undefined) {
      if (field.required === true) found[name] = 'required field missing';
    } else if (!fits(field, value)) found[name] = KINDS[field.kind];
    else if (field.kind === 'record') {
      const inner = faults(field.fields ?? {}, value as Json);
      if (Object.keys(inner).length > 0) found[name] = inner;
    }
  }
  return found;
}

/** Names in `given` that `fields` does not know. */
export function unknownFields(fields: Fields, given: Json, also: readonly string[] = []): Json {
  const found: Json = {};
  for (const name of Object.keys(given)) if (!(name in fields) && !also.includes(name)) found[name] = 'unknown field';
  return found;
}
