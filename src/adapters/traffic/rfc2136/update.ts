import { Readable } from 'node:stream';
import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import { lastLines } from '../../../domain/last-lines.ts';
import { feed, ProgramFailed } from '../../process/stream.ts';
import type { Secrets } from '../../secrets.ts';
import { absoluteName } from '../dns/names.ts';
import { partsOf, programMissing, type DnsRecord } from './dig.ts';

/** Seconds that nsupdate waits for an answer, and milliseconds for all of its run. */
const PATIENCE = 5;
const TIME_LIMIT = 10_000;

/** What the server makes sure of before it changes anything: that a name has exactly these records of the type, or none. */
export interface Prerequisite {
  /** With the dot at its end. */
  readonly name: string;
  readonly type: string;
  readonly records: readonly DnsRecord[];
}

export interface Update {
  readonly prerequisites: readonly Prerequisite[];
  /** Lines of nsupdate, each `delete …` or `add …`. */
  readonly lines: readonly string[];
}

export interface UpdateDeps {
  readonly secrets: Secrets;
  /** Where programs are looked for. */
  readonly path: string;
}

/**
 * Sends one signed update by `nsupdate`, over TCP. The key goes in by its standard input, so that it stands in no process list and no file.
 *
 * @returns false if a prerequisite did not hold, so that nothing was changed
 */
export async function sendUpdate(
  { zone, server, tsig, record }: Pick<EntryVia<'rfc2136'>, 'zone' | 'server' | 'tsig' | 'record'>,
  { prerequisites, lines }: Update,
  { secrets, path }: UpdateDeps,
): Promise<boolean> {
  const { host, port } = partsOf(server);
  const script = [
    `server ${host} ${port}`,
    `zone ${absoluteName(zone)}`,
    `key ${tsig.algorithm}:${keyName(tsig.name)} ${keySecret(secrets.resolve(tsig.secret))}`,
    ...prerequisites.flatMap(prerequisiteLines).map((line) => `prereq ${line}`),
    ...lines.map((line) => `update ${line}`),
    'send',
    '',
  ].join('\n');
  const signal = AbortSignal.timeout(TIME_LIMIT);
  try {
    const argv = ['nsupdate', '-v', '-t', String(PATIENCE)];
    await feed(argv, { env: { PATH: path, LC_ALL: 'C' }, signal }, Readable.from([Buffer.from(script)]));
    return true;
  } catch (error) {
    if (signal.aborted) throw unreachable(`did not answer within ${TIME_LIMIT / 1_000} s`);
    if (!(error instanceof ProgramFailed)) throw error;
    if (error.notStarted) throw programMissing('nsupdate');
    const said = secrets.redact(error.message);
    const [, code = ''] = /update failed: ([A-Z]+(?:\([A-Z]+\))?)/.exec(said) ?? [];
    if (/^(YX|NX)(RRSET|DOMAIN)$/.test(code)) return false;
    throw failure(code, said);
  }

  function failure(code: string, said: string): CrossfadeError {
    const it = `The DNS server ${server}`;
    if (code.startsWith('NOTAUTH('))
      return new CrossfadeError(
        'BalancerRefused',
        `${it} refuses the key ${tsig.name} of the plan (${code}): its name, its secret or its algorithm (${tsig.algorithm}) is another one there, or a clock is wrong.`,
      );
    if (code === 'REFUSED')
      return new CrossfadeError(
        'BalancerRefused',
        `${it} lets the key ${tsig.name} not change ${record} in ${zone}: the zone's \`update-policy\` must grant it the names and types that docs/traffic/rfc2136.md lists, and it must be the primary server.`,
      );
    if (code === 'NOTAUTH' || code === 'NOTZONE' || code === 'NOTIMP')
      return new CrossfadeError(
        'BalancerNotPrepared',
        `${it} takes no updates of the zone ${zone} (${code}): it must be its primary server, and take dynamic updates.`,
      );
    if (code === 'SERVFAIL')
      return unreachable(
        'fails at the update (SERVFAIL); its log says why: often it may not write beside the zone file',
      );
    if (code !== '' || /TSIG error|unexpected|dns_request/i.test(said))
      return new CrossfadeError('BalancerNonsense', `${it} answers an update with nonsense${lastLines(said)}.`);
    return unreachable(`can't be reached for an update${lastLines(said)}`);
  }

  function unreachable(how: string): CrossfadeError {
    return new CrossfadeError('BalancerUnreachable', `The DNS server ${server} ${how}.`);
  }
}

function prerequisiteLines({ name, type, records }: Prerequisite): string[] {
  const there = records.map((one) => `yxrrset ${name} IN ${one.type} ${one.data}`);
  return records.some((one) => one.type === type) ? there : [`nxrrset ${name} IN ${type}`, ...there];
}

function keyName(name: string): string {
  if (/^[\w.-]+$/.test(name)) return name;
  throw new CrossfadeError('PlanInvalid', `\`tsig.name\` is no name of a key: ${JSON.stringify(name)}.`);
}

function keySecret(secret: string): string {
  if (/^[\w+/=-]+$/.test(secret)) return secret;
  throw new CrossfadeError('BalancerRefused', 'The secret of `tsig` is not in base64, as tsig-keygen prints it.');
}
