import type { AdminAccess } from '../../domain/plan/index.ts';
import { adminHeaders } from '../kong/headers.ts';
import type { Secrets } from '../secrets.ts';
import { hasEntities, workspacesOf } from './admin.ts';
import { declarative } from './declarative.ts';
import { unusable } from './failed.ts';
import { giveHeaders } from './headers.ts';
import type { Deck, DeckTarget } from './port.ts';
import { printed, run, type DeckRun } from './run.ts';

export type * from './port.ts';

/** The first decK with `deck gateway`. */
const GATEWAY_SINCE = [1, 28] as const;
/** Seconds that deck may wait for one answer of the Admin API. */
const ONE_ANSWER = '60';
const SHOWN = 80;

/** Milliseconds without a word after which deck is ended. */
const SILENCE = { quick: 45_000, dump: 30 * 60_000 };

export function createDeck(
  secrets: Secrets,
  environment: { readonly PATH: string; readonly HOME: string },
  silence: typeof SILENCE = SILENCE,
): Deck {
  const quick = (argv: readonly string[], signal: AbortSignal) =>
    printed({ argv, env: environment, signal, silence: silence.quick });

  /** With what it needs to talk to the Admin API. */
  async function* withAccess(
    argv: readonly string[],
    { admin, access }: DeckTarget,
    how: Pick<DeckRun, 'signal' | 'silence'>,
  ): AsyncGenerator<Uint8Array> {
    const headers = await giveHeaders(adminHeaders(secrets, access), environment.PATH);
    const options = [
      '--kong-addr',
      admin,
      ...tls(access),
      '--timeout',
      ONE_ANSWER,
      '--analytics=false',
      ...headers.args,
    ];
    try {
      yield* run({ argv: [...argv, ...options], env: { ...environment, ...headers.env }, ...how });
    } finally {
      await headers.release();
    }
  }

  return {
    async find({ command, defaults }, signal) {
      const said = await quick([...command, 'version'], signal);
      const version = /^decK v?(\S+)/.exec(said)?.[1];
      if (version === undefined)
        throw unusable(`What \`${command.join(' ')} version\` prints is not that of decK: ${said.slice(0, SHOWN)}`);
      const group = hasGateway(version) ? ['gateway'] : [];
      if (!defaults && !(await quick([...command, ...group, 'dump', '--help'], signal)).includes('--skip-defaults'))
        throw unusable(`decK ${version} can't leave default values out, which backup.deck.defaults: false asks for`);
      return { command, version, group };
    },

    async ping({ command, group }, target, signal) {
      const how = { signal, silence: silence.quick };
      for await (const _ of withAccess([...command, ...group, 'ping'], target, how));
    },

    workspaces: (target) => workspacesOf(secrets, target),

    dump({ command, group }, target, { workspace, ids, defaults }, signal) {
      const argv = [...command, ...group, 'dump', '--output-file', '-', '--format', 'yaml'];
      if (ids) argv.push('--with-id');
      if (!defaults) argv.push('--skip-defaults');
      if (workspace !== undefined) argv.push(`--workspace=${workspace}`);
      const output = withAccess(argv, target, { signal, silence: silence.dump });
      return declarative(output, workspace, () => hasEntities(secrets, target, workspace));
    },
  };
}

/** One that was built by hand has no number, and is new. */
function hasGateway(version: string): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined) return true;
  return Number(major) > GATEWAY_SINCE[0] || (Number(major) === GATEWAY_SINCE[0] && Number(minor) >= GATEWAY_SINCE[1]);
}

const tls = ({ ca, cert, key }: AdminAccess): string[] => [
  ...(ca === undefined ? [] : ['--ca-cert-file', ca]),
  ...(cert === undefined ? [] : ['--tls-client-cert-file', cert]),
  ...(key === undefined ? [] : ['--tls-client-key-file', key]),
];
