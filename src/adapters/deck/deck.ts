import { CrossfadeError } from '../../domain/errors/index.ts';
import type { AdminAccess } from '../../domain/plan/index.ts';
import { call } from '../kong/get.ts';
import { outputOf, ProgramFailed } from '../process/stream.ts';
import type { Secrets } from '../secrets.ts';

export interface DeckTarget {
  /** The `deck` command of the plan. */
  readonly command: readonly string[];
  /** Address of an Admin API. */
  readonly admin: string;
  readonly access: AdminAccess;
}

/** decK, Kong's declarative configuration tool. */
export interface Deck {
  /** What `deck version` says. Error `ProgramMissing`, `DeckFailed`. */
  version(command: readonly string[], signal: AbortSignal): Promise<string>;
  /** Names of the workspaces; only `default` where Kong has none (Kong Gateway OSS). Error `DeckFailed`. */
  workspaces(target: DeckTarget): Promise<readonly string[]>;
  /**
   * The configuration of one workspace as YAML, with ids. The stream throws `DeckFailed` instead of ending when deck fails or
   * what it printed is no configuration.
   */
  dump(target: DeckTarget, workspace: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

const DEFAULT_WORKSPACE = 'default';
const TIMEOUT = 10_000;
/** Seconds that deck may wait for one answer of the Admin API. */
const DECK_TIMEOUT = '60';
const HEAD = 4_096;

export function createDeck(secrets: Secrets, environment: { readonly PATH: string; readonly HOME: string }): Deck {
  return {
    async version(command, signal) {
      const parts: Buffer[] = [];
      const run = failing(outputOf([...command, 'version'], { env: environment, signal }), command);
      for await (const part of run) parts.push(Buffer.from(part));
      return Buffer.concat(parts).toString('utf8').trim();
    },

    async workspaces({ admin, access }) {
      const names: string[] = [];
      for (let path: string | undefined = '/workspaces?size=1000'; path !== undefined;) {
        const { status, body } = await call({
          url: `${admin}${path}`,
          headers: headersOf(secrets, access),
          tls: access,
          timeout: TIMEOUT,
          who: 'The Admin API',
        });
        if (status === 404) return [DEFAULT_WORKSPACE];
        if (status !== 200)
          throw failed(`${admin}/workspaces answers ${status}, so nobody knows what there is to dump`);
        const page = JSON.parse(body) as { data?: { name?: string }[]; next?: string | null };
        names.push(...(page.data ?? []).flatMap(({ name }) => (name === undefined ? [] : [name])));
        path = page.next ?? undefined;
      }
      return names.length === 0 ? [DEFAULT_WORKSPACE] : names;
    },

    dump({ command, admin, access }, workspace, signal) {
      const env = { ...environment, ...headerVariable(headersOf(secrets, access)) };
      const argv = [...command, 'gateway', 'dump', '--kong-addr', admin, ...tls(access)];
      argv.push('--output-file', '-', '--with-id', '--timeout', DECK_TIMEOUT, '--analytics=false');
      // Where Kong has no workspaces, deck must not ask for one.
      if (workspace !== DEFAULT_WORKSPACE) argv.push('--workspace', workspace);
      return declarative(failing(outputOf(argv, { env, signal }), command), workspace);
    },
  };
}

const headersOf = (secrets: Secrets, access: AdminAccess): Record<string, string> =>
  Object.fromEntries(Object.entries(access.headers).map(([name, value]) => [name, secrets.resolve(value)]));

/** deck splits this variable at spaces; on its command line everybody on the host could read the values. */
function headerVariable(headers: Readonly<Record<string, string>>): Record<string, string> {
  const all = Object.entries(headers);
  const spaced = all.find(([name, value]) => /\s/.test(name + value));
  if (spaced !== undefined)
    throw new CrossfadeError('DeckHeader', `The value of header ${spaced[0]} for the Admin API holds a space.`);
  return all.length === 0 ? {} : { DECK_HEADERS: all.map(([name, value]) => `${name}:${value}`).join(' ') };
}

const tls = ({ ca, cert, key }: AdminAccess): string[] => [
  ...(ca === undefined ? [] : ['--ca-cert-file', ca]),
  ...(cert === undefined ? [] : ['--tls-client-cert-file', cert]),
  ...(key === undefined ? [] : ['--tls-client-key-file', key]),
];

async function* failing(output: AsyncIterable<Uint8Array>, [program]: readonly string[]): AsyncGenerator<Uint8Array> {
  try {
    yield* output;
  } catch (cause) {
    if (!(cause instanceof ProgramFailed)) throw cause;
    if (cause.notStarted)
      throw new CrossfadeError('ProgramMissing', `The program ${program} of \`backup.deck\` can't be started.`, {
        cause,
      });
    throw failed(cause.message, cause);
  }
}

/** Passes on what deck prints, and refuses to end if that was no configuration. */
async function* declarative(output: AsyncIterable<Uint8Array>, workspace: string): AsyncGenerator<Uint8Array> {
  let head = '';
  for await (const chunk of output) {
    if (head.length < HEAD) head += Buffer.from(chunk).toString('latin1').slice(0, HEAD);
    yield chunk;
  }
  if (/^_format_version:/m.test(head)) return;
  const what = head.trim() === '' ? 'printed nothing' : 'printed something else than a configuration';
  throw failed(`deck ended well and ${what} for workspace ${workspace}`);
}

const failed = (message: string, cause?: unknown): CrossfadeError =>
  new CrossfadeError('DeckFailed', `The declarative dump failed: ${message}.`, { cause });
