import { readdirSync, readFileSync } from 'node:fs';

/** One line of a recorded script with what must come of it. */
export type Step =
  | {
      readonly kind: 'command';
      readonly line: string;
      readonly role: string;
      readonly env: Record<string, string>;
      readonly args: string[];
      readonly code: number;
      readonly stdout: string | undefined;
      readonly stderr: string | undefined;
      readonly json: unknown;
    }
  | { readonly kind: 'query'; readonly line: string; readonly sql: string; readonly rows: string[] | undefined };

/** A recorded sequence: which releases play which role, and the steps in order, on a database of its own. */
export interface Script {
  readonly title: string;
  readonly versions: ReadonlyMap<string, string>;
  readonly steps: readonly Step[];
}

const FOLDER = new URL('./recorded/', import.meta.url);

function blocks(text: string): Map<string, string> {
  const parts = text.split(/^\[(.*)\]\n/m).slice(1);
  const found = new Map<string, string>();
  for (let i = 0; i + 1 < parts.length; i += 2) found.set(parts[i] ?? '', parts[i + 1] ?? '');
  return found;
}

const LISTS = blocks(readFileSync(new URL('executed.txt', FOLDER), 'utf8'));

/** What a run says that executes a list of migrations. */
function migrated(list: string): string {
  return list
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const [name = '', migrations = ''] = line.trim().split(': ');
      const done = migrations.split(', ').map((migration) => `${name} migrated up to: ${migration} (executed)`);
      return [`migrating ${name} on database '<database>'...`, ...done];
    })
    .join('\n');
}

/** Long lists stand in a file of their own. */
function expand(text: string): string {
  return text
    .replaceAll(/^<migrated (.*)>$/gm, (_, name: string) => migrated(LISTS.get(name) ?? ''))
    .replaceAll(/^<(executed-\d+)>$/gm, (_, name: string) => (LISTS.get(name) ?? '').trimEnd());
}

function marked(lines: readonly string[], mark: string): string[] {
  return lines.filter((line) => line === mark || line.startsWith(`${mark} `)).map((line) => line.slice(2));
}

function command(line: string, expected: readonly string[]): Step {
  const [, role = '', env, args = ''] = /^(\w+|\w+-conf)(?:\[(.*?)\])? (.*)$/.exec(line) ?? [];
  const [out, err, [json]] = [
    marked(expected, '>'),
    marked(expected, '!'),
    marked(
      expected.map((l) => l.replace(/^\{\}/, '~')),
      '~',
    ),
  ];
  // A step that only sets the stage says nothing about its output.
  const silent = out.length === 0 && err.length === 0;
  return {
    kind: 'command',
    line,
    role,
    env: env === undefined ? {} : Object.fromEntries([env.split('=') as [string, string]]),
    args: args.split(' '),
    code: Number(marked(expected, '=')[0]),
    stdout: silent || json !== undefined ? undefined : expand(out.join('\n')),
    stderr: silent ? undefined : err.join('\n'),
    json: json === undefined ? undefined : (JSON.parse(json) as unknown),
  };
}

function step(paragraph: string): Step {
  const [first = '', ...rest] = paragraph.split('\n');
  const line = first.replace(/^(\$|\?|sql) /, '');
  if (first.startsWith('$ ')) return command(line, rest);
  return { kind: 'query', line: first, sql: line, rows: first.startsWith('? ') ? marked(rest, '|') : undefined };
}

function parse(text: string): Script {
  const [head = '', ...paragraphs] = text.trimEnd().split('\n\n');
  const [, title = '', versions = ''] = /^# (.*)\nversions (.*)$/.exec(head) ?? [];
  return {
    title,
    versions: new Map(versions.split(' ').map((pair) => pair.split('=') as [string, string])),
    steps: paragraphs.map(step),
  };
}

/** All recorded scripts. */
export function scripts(): Script[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.txt') && file !== 'executed.txt')
    .sort()
    .map((file) => parse(readFileSync(new URL(file, FOLDER), 'utf8')));
}
