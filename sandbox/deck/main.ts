// Stand-in for decK, which can't be had from a package registry: `version`, `ping` and `dump`, by the flags and texts of the version
// that its first argument names. 1.28 brought `deck gateway`; the old names stayed, with a notice.
import { parseArgs } from 'node:util';
import { openAdmin } from './admin.ts';
import { dump } from './dump.ts';

const DUMP = {
  'output-file': { type: 'string', short: 'o' },
  format: { type: 'string', default: 'yaml' },
  workspace: { type: 'string', short: 'w' },
  'with-id': { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const GLOBAL = {
  'kong-addr': { type: 'string', default: process.env['DECK_KONG_ADDR'] ?? 'http://localhost:8001' },
  config: { type: 'string' },
  timeout: { type: 'string', default: '10' },
  analytics: { type: 'boolean', default: true },
  'ca-cert-file': { type: 'string' },
  'tls-client-cert-file': { type: 'string' },
  'tls-client-key-file': { type: 'string' },
} as const;

const [version = '', ...args] = process.argv.slice(2);
const minor = Number(version.split('.')[1]);
const hasGateway = minor >= 28;
const canSkipDefaults = minor >= 50;

const options = {
  ...DUMP,
  ...GLOBAL,
  ...(canSkipDefaults ? { 'skip-defaults': { type: 'boolean', default: false } as const } : {}),
};

try {
  await main(args);
} catch (error) {
  console.error(`Error: ${(error as Error).message}`);
  process.exitCode = 1;
}

async function main([command = '', ...rest]: readonly string[]): Promise<void> {
  if (command === 'version') return console.log(`decK v${version} (stand-in) `);
  if (command === 'gateway' && hasGateway) return kong(rest[0] ?? '', rest.slice(1), false);
  if (command === 'dump' || command === 'ping') return kong(command, rest, hasGateway);
  throw new Error(`unknown command "${command}" for "deck"`);
}

async function kong(command: string, argv: readonly string[], moved: boolean): Promise<void> {
  if (moved) console.error(`Info: 'deck ${command}' functionality has moved to 'deck gateway ${command}'`);
  const values = read(argv);
  if (values.help)
    return console.log(
      `Flags:\n${Object.keys(options)
        .map((name) => `      --${name}`)
        .join('\n')}`,
    );
  const admin = openAdmin({ ...values, timeout: Number(values.timeout) * 1_000 });
  if (command === 'ping')
    return console.log(`Successfully connected to Kong!\nKong version:  ${await admin.kongVersion()}`);
  if (command !== 'dump') throw new Error(`unknown command "${command}" for "deck gateway"`);
  const to = values['output-file'] ?? (hasGateway && !moved ? '-' : 'kong.yaml');
  if (to !== '-') throw new Error('this stand-in writes to the standard output only');
  await admin.kongVersion();
  const text = await dump(admin, {
    workspace: values.workspace,
    ids: values['with-id'],
    skipDefaults: 'skip-defaults' in values && values['skip-defaults'] === true,
  });
  process.stdout.write(text);
}

function read(argv: readonly string[]) {
  try {
    // `--flag=false` is how decK's own flags are turned off.
    const args = argv.map((arg) => (arg === '--analytics=false' ? '--no-analytics' : arg));
    return parseArgs({ args, options, allowNegative: true }).values;
  } catch (error) {
    const flag = /'(-[^ ']*)/.exec((error as Error).message)?.[1];
    throw new Error(flag === undefined ? (error as Error).message : `unknown flag: ${flag}`);
  }
}
