/** An answer, as far as it matters here. Header names in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Expectation {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** What an answer lacks, one phrase for each: what was expected, and what came. Empty when all is right. */
export function unmet(expected: Expectation, got: Answer): string[] {
  const headers = Object.entries(expected.headers).flatMap(([name, value]) => {
    const found = got.headers[name.toLowerCase()];
    if (found === value) return [];
    return [`expected ${name}: ${value}, got ${found === undefined ? 'no such header' : shorten(found)}`];
  });
  const body =
    expected.body === undefined || got.body.includes(expected.body)
      ? []
      : [`expected "${shorten(expected.body)}" in the body, which has ${got.body.length} characters without it`];
  const status = expected.status === got.status ? [] : [`expected status ${expected.status}, got ${got.status}`];
  return [...status, ...headers, ...body];
}

/** New in every answer that Kong makes itself, and absent in older versions. */
const ALWAYS_DIFFERENT = ['request_id'];

/**
 * In what two answers differ: by name, never by value, since bodies may hold anything. JSON is compared by its fields; those of
 * `ignore` (a name at any depth, or a path such as `items.id`) may differ.
 */
export function differences(a: Answer, b: Answer, ignore: readonly string[]): string[] {
  const status = a.status === b.status ? [] : [`status (${a.status} and ${b.status})`];
  const [typeA, typeB] = [a.headers['content-type'] ?? 'none', b.headers['content-type'] ?? 'none'];
  const type = typeA === typeB ? [] : [`content-type (${typeA} and ${typeB})`];
  return [...status, ...type, ...bodyDifferences(a.body, b.body, [...ignore, ...ALWAYS_DIFFERENT])];
}

/** Only so many are listed. */
const MOST_FIELDS = 10;

function bodyDifferences(a: string, b: string, ignore: readonly string[]): string[] {
  if (a === b) return [];
  const [jsonA, jsonB] = [parse(a), parse(b)];
  if (jsonA === undefined || jsonB === undefined) return ['the body'];
  const fields = [...new Set(fieldDifferences(jsonA.value, jsonB.value, [], ignore))];
  const more = fields.length > MOST_FIELDS ? [`${fields.length - MOST_FIELDS} more fields of the body`] : [];
  return [...fields.slice(0, MOST_FIELDS), ...more];
}

function fieldDifferences(a: unknown, b: unknown, path: readonly string[], ignore: readonly string[]): string[] {
  if (isIgnored(path, ignore)) return [];
  const here = path.length === 0 ? 'the body' : `the field ${path.join('.')}`;
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return [`${here} (${a.length} and ${b.length} entries)`];
    return a.flatMap((item, index) => fieldDifferences(item, b[index], path, ignore));
  }
  if (isRecord(a) && isRecord(b)) {
    const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return names.flatMap((name) => fieldDifferences(a[name], b[name], [...path, name], ignore));
  }
  return Object.is(a, b) ? [] : [here];
}

const isIgnored = (path: readonly string[], ignore: readonly string[]): boolean =>
  path.length > 0 && (ignore.includes(path.join('.')) || ignore.includes(path.at(-1) ?? ''));

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

const shorten = (text: string): string => (text.length > 120 ? `${text.slice(0, 120)}…` : text);
