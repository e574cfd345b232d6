import { parseArgs } from 'node:util';
import { KongError } from '../settings.ts';

/** What the user typed after `kong`, taken apart. */
export interface Arguments {
  readonly command: string | undefined;
  /** Subcommand of `migrations`, file of `check`. */
  readonly operands: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly values: Readonly<Record<string, string>>;
}

const OPTIONS = {
  conf: { type: 'string', short: 'c' },
  prefix: { type: 'string', short: 'p' },
  yes: { type: 'boolean', short: 'y' },
  quiet: { type: 'boolean', short: 'q' },
  force: { type: 'boolean', short: 'f' },
  all: { type: 'boolean', short: 'a' },
  'db-timeout': { type: 'string' },
  'lock-timeout': { type: 'string' },
  'run-migrations': { type: 'boolean' },
  timeout: { type: 'string', short: 't' },
  wait: { type: 'string', short: 'w' },
  'nginx-conf': { type: 'string' },
  v: { type: 'boolean', short: 'v' },
  vv: { type: 'boolean' },
} as const;

/** Takes arguments apart. Throws {@link KongError} for an unknown option or a missing value. */
export function parse(argv: readonly string[]): Arguments {
  let parsed;
  try {
    parsed = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new KongError((error as Error).message);
  }
  const [command, ...operands] = parsed.positionals;
  const values: Record<string, string> = {};
  const flags = new Set<string>();
  for (const [name, value] of Object.entries(parsed.values)) {
    if (typeof value === 'string') values[name] = value;
    else if (value === true) flags.add(name);
  }
  return { command, operands, flags, values };
}

/** A numeric option, or undefined if it was not given. Throws {@link KongError} if it is no number. */
export function numeric(args: Arguments, name: string): number | undefined {
  const text = args.values[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new KongError(`invalid value for --${name}: ${text}`);
  return value;
}
