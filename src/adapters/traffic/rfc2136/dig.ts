import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { CrossfadeError } from '../../../domain/errors/index.ts';
import { runCommand } from '../../process/index.ts';
import { plainName } from '../dns/names.ts';

export interface Question {
  readonly name: string;
  readonly type: string;
}

export interface DnsRecord {
  readonly name: string;
  readonly ttl: number;
  readonly type: string;
  /** As zone files have it. */
  readonly data: string;
}

/** What the server itself says about a name. */
export interface DnsAnswer {
  /** The server has the zone; it did not ask somebody else. */
  readonly authoritative: boolean;
  readonly records: readonly DnsRecord[];
}

/** Seconds that dig waits for an answer, and milliseconds for all of a run. */
const PATIENCE = 3;
const TIME_LIMIT = 8_000;

const message = z.object({
  message: z.object({
    response_message_data: z.object({
      status: z.string(),
      flags: z.string().nullish(),
      ANSWER_SECTION: z.array(z.string()).nullish(),
    }),
  }),
});

/**
 * Asks one server, in order, by `dig` over TCP.
 *
 * @param server host, or `host:port`
 * @param path where programs are looked for
 */
export async function dig(server: string, path: string, questions: readonly Question[]): Promise<DnsAnswer[]> {
  const { host, port } = partsOf(server);
  const how = ['+yaml', '+tcp', '+norecurse', '+tries=1', `+time=${PATIENCE}`];
  const asked = questions.flatMap(({ name, type }) => ['-q', name, '-t', type, ...how]);
  const argv = ['dig', '-r', `@${host}`, '-p', port, ...asked];
  const options = { env: { PATH: path, LC_ALL: 'C' }, timeout: TIME_LIMIT };
  const { stdout, exitCode, timedOut } = await runCommand(argv, options).catch(saidMissing);
  if (timedOut || exitCode === 9 || /no servers could be reached/.test(stdout))
    throw new CrossfadeError(
      'BalancerUnreachable',
      `The DNS server ${server} does not answer over TCP, or not as a DNS server does.`,
    );
  const answers = readMessages(stdout);
  // Whatever sends back what it gets is no DNS server: a response says that it is one.
  const isResponse = ({ flags }: { flags?: string | null | undefined }) => flagsOf(flags).includes('qr');
  if (exitCode !== 0 || answers?.length !== questions.length || !answers.every(isResponse))
    throw new CrossfadeError(
      'BalancerNonsense',
      `What ${server} answers is not understood by dig: ${JSON.stringify(stdout.slice(0, 200))}.`,
    );
  return answers.map(({ status, flags, ANSWER_SECTION }) => {
    if (status === 'REFUSED' || status === 'NOTAUTH')
      throw new CrossfadeError(
        'BalancerRefused',
        `The DNS server ${server} does not answer this worker (${status}): it has no such zone, or its \`allow-query\` leaves the worker out.`,
      );
    if (status !== 'NOERROR' && status !== 'NXDOMAIN')
      throw new CrossfadeError('BalancerUnreachable', `The DNS server ${server} answers ${status}; its log says why.`);
    return {
      authoritative: flagsOf(flags).includes('aa'),
      // Servers turn the order with each answer.
      records: [...(ANSWER_SECTION ?? [])].sort().flatMap(readRecord),
    };
  });
}

/** @param server `host`, `host:port`, or the same with an IPv6 address in brackets */
export function partsOf(server: string): { host: string; port: string } {
  const [, host = server, port = '53'] = /^(.*?)(?::(\d+))?$/.exec(server) ?? [];
  return { host: host.replaceAll(/^\[|\]$/g, ''), port };
}

/** It comes in a package whose name is not its own. */
export function programMissing(program: string): CrossfadeError {
  return new CrossfadeError(
    'ProgramMissing',
    `The program ${program} is not there on the host of this worker. Install it (Debian: bind9-dnsutils; Red Hat: bind-utils; Alpine: bind-tools).`,
  );
}

function saidMissing(error: unknown): never {
  throw error instanceof CrossfadeError && error.code === 'ProgramMissing' ? programMissing('dig') : error;
}

function readMessages(text: string) {
  try {
    const documents = parseAllDocuments(text, { logLevel: 'silent' });
    const [first] = Array.isArray(documents) ? documents : [];
    return z
      .array(message)
      .parse(first?.toJS())
      .map((one) => one.message.response_message_data);
  } catch {
    return undefined;
  }
}

const flagsOf = (flags: string | null | undefined): string[] => (flags ?? '').split(' ');

function readRecord(line: string): DnsRecord[] {
  const [, name, ttl, type, data] = /^(\S+) (\d+) IN (\S+) (.*)$/.exec(line) ?? [];
  return name === undefined || type === undefined || data === undefined
    ? []
    : [{ name: plainName(name), ttl: Number(ttl), type, data }];
}
