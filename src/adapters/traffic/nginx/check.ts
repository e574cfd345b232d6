import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { request as requestTls } from 'node:https';
import { text } from 'node:stream/consumers';
import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';

/** A request that has the fingerprint of the installed include in this header is answered by nginx itself. */
export const CHECK_HEADER = 'X-Crossfade-Check';
export const CHECK_WORD = 'crossfade';

/** Milliseconds for one answer. */
const PATIENCE = 3_000;

/**
 * Asks nginx, on a new connection and so one of its newest workers, by which weight it goes.
 *
 * Errors: `NotInstalled` when it has not loaded the include with this fingerprint, or can't read the directory;
 * `BalancerUnreachable`; `BalancerNonsense`.
 */
export async function askNginx(
  { check = 'http://127.0.0.1', directory }: Pick<EntryVia<'nginx'>, 'check' | 'directory'>,
  fingerprint: string,
): Promise<number> {
  const { status, body } = await get(check, fingerprint);
  if (!body.startsWith(`${CHECK_WORD} `))
    throw new CrossfadeError(
      'NotInstalled',
      `nginx at ${check} answers as if there was no Crossfade (status ${status}): it does not go by what is installed in ${directory}. Either it was not reloaded since, or this is not a server that includes server.conf (traffic.check).`,
    );
  const found = body.slice(CHECK_WORD.length + 1).trim();
  if (found === 'nothing')
    throw new CrossfadeError(
      'NotInstalled',
      `nginx at ${check} can't see what is in ${directory}: the user of its workers has no right to read it, or the directory is another one where nginx runs.`,
    );
  if (/^\d{1,3}$/.test(found)) return Number(found);
  throw new CrossfadeError('BalancerNonsense', `nginx at ${check} says that it goes by "${found.slice(0, 100)}".`);
}

async function get(check: string, fingerprint: string): Promise<{ readonly status: number; readonly body: string }> {
  const url = new URL('/.crossfade', check);
  const options = {
    agent: false,
    headers: { [CHECK_HEADER]: fingerprint, connection: 'close' },
    signal: AbortSignal.timeout(PATIENCE),
  };
  // Nothing secret is sent, and who answers with the fingerprint's word is nginx: its certificate is for its clients' names, not for this.
  const sent =
    url.protocol === 'https:' ? requestTls(url, { ...options, rejectUnauthorized: false }) : request(url, options);
  try {
    sent.end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    return { status: answer.statusCode ?? 0, body: await text(answer) };
  } catch (cause) {
    const { message } = cause as Error;
    throw new CrossfadeError('BalancerUnreachable', `nginx at ${check} (traffic.check) does not answer: ${message}.`, {
      cause,
    });
  }
}
