// Stand-in for decK, which can't be had from a package registry: `version` and `gateway dump` of what the tests configure.
// Like the real one it takes headers from DECK_HEADERS, split at spaces, and asks the Admin API page by page.
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';

interface Entity {
  readonly id: string;
  readonly [field: string]: unknown;
}

const OPTIONS = {
  'kong-addr': { type: 'string', default: process.env['DECK_KONG_ADDR'] ?? 'http://localhost:8001' },
  'output-file': { type: 'string', default: '-' },
  workspace: { type: 'string', short: 'w' },
  'with-id': { type: 'boolean', default: false },
  timeout: { type: 'string', default: '10' },
  analytics: { type: 'boolean', default: true },
  'ca-cert-file': { type: 'string' },
  'tls-client-cert-file': { type: 'string' },
  'tls-client-key-file': { type: 'string' },
} as const;

// `--flag=false` is how decK's own flags are turned off.
const args = process.argv.slice(2).filter((arg) => arg !== '--analytics=false');
const [command, subcommand] = args;
try {
  if (command === 'version') console.log('decK v1.43.0 (stand-in)');
  else if (command === 'gateway' && subcommand === 'dump') await dump(args.slice(2));
  else throw new Error(`unknown command "${args.join(' ')}" for "deck"`);
} catch (error) {
  console.error(`Error: ${(error as Error).message}`);
  process.exitCode = 1;
}

async function dump(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...argv], options: OPTIONS });
  if (values['output-file'] !== '-') throw new Error('this stand-in writes to the standard output only');
  const base = `${values['kong-addr']}${values.workspace === undefined ? '' : `/${values.workspace}`}`;
  const all = (kind: string) => list(base, kind, Number(values.timeout) * 1_000);
  const [services, routes, plugins, consumers] = await Promise.all(
    ['services', 'routes', 'plugins', 'consumers'].map(all),
  );
  const shown = (entities: readonly Entity[] = []) =>
    entities.map(({ id, ...rest }) => clean(values['with-id'] ? { id, ...rest } : rest));
  const routesOf = (service: Entity) => shown(routes?.filter((route) => refersTo(route['service'], service.id)));
  const content = {
    services: services?.map((service) => ({ ...shown([service])[0], routes: routesOf(service) })),
    routes: shown(routes?.filter((route) => route['service'] === null || route['service'] === undefined)),
    plugins: shown(plugins),
    consumers: shown(consumers),
  };
  const filled = Object.fromEntries(
    Object.entries(content).filter(([, list]) => list !== undefined && list.length > 0),
  );
  const workspace = values.workspace === undefined ? {} : { _workspace: values.workspace };
  process.stdout.write(stringify({ _format_version: '3.0', ...workspace, ...filled }));
}

async function list(base: string, kind: string, timeout: number): Promise<Entity[]> {
  const found: Entity[] = [];
  for (let path: string | null = `/${kind}?size=1000`; path !== null;) {
    const answer: Response = await fetch(`${base}${path}`, {
      headers: headers(),
      signal: AbortSignal.timeout(timeout),
    });
    if (!answer.ok)
      throw new Error(`reading ${kind}: HTTP status ${answer.status} (message: "${await answer.text()}")`);
    const page = (await answer.json()) as { data: Entity[]; next: string | null };
    found.push(...page.data);
    path = page.next;
  }
  return found;
}

function headers(): Record<string, string> {
  const all = (process.env['DECK_HEADERS'] ?? '').split(/\s+/).filter((header) => header !== '');
  return Object.fromEntries(
    all.map((header) => {
      const colon = header.indexOf(':');
      return [header.slice(0, colon), header.slice(colon + 1)];
    }),
  );
}

function refersTo(reference: unknown, id: string): boolean {
  return (reference as { id?: string } | null)?.id === id;
}

/** decK leaves out what is empty and when it was made. */
function clean(entity: Record<string, unknown>): Record<string, unknown> {
  const dropped = new Set(['created_at', 'updated_at', 'ws_id']);
  return Object.fromEntries(Object.entries(entity).filter(([name, value]) => value !== null && !dropped.has(name)));
}
