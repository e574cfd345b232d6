import { connect, isIPv6, type NetConnectOpts } from 'node:net';
import { CrossfadeError, type ErrorCode } from '../../../domain/errors/index.ts';

/** HAProxy answers in milliseconds. */
const PATIENCE = 5_000;
/** Far above what it says of thousands of servers. */
const MOST_CHARACTERS = 16_000_000;

/**
 * Sends commands to HAProxy's runtime API, all in one line, which it executes in one go.
 *
 * Errors: `BalancerUnreachable`, `BalancerRefused`, `BalancerNonsense`.
 *
 * @param socket a path, or `host:port`
 * @returns the answer to each; a change that was made has an empty one
 */
export async function ask(socket: string, commands: readonly string[]): Promise<string[]> {
  const text = await exchange(socket, `${commands.join(';')}\n`);
  // An empty line ends each answer.
  const answers: string[] = [];
  let lines: string[] = [];
  for (const line of text.split('\n').slice(0, -1)) {
    if (line !== '') lines.push(line);
    else {
      answers.push(lines.join('\n'));
      lines = [];
    }
  }
  if (answers.length !== commands.length || lines.length > 0 || !text.endsWith('\n')) throw nonsense(socket, text);
  const denied = commands.filter((_, position) => answers[position]?.startsWith('Permission denied'));
  if (denied.length > 0)
    throw new CrossfadeError(
      'BalancerRefused',
      `HAProxy does not allow "${denied[0]}" at ${socket}: the socket needs "level admin".`,
    );
  return answers;
}

export function nonsense(socket: string, answer: string): CrossfadeError {
  const start = answer.slice(0, 100).replace(/[^\x20-\x7e]+/g, ' ');
  return new CrossfadeError(
    'BalancerNonsense',
    `What listens at ${socket} does not answer like HAProxy's runtime API, but ${start.trim() === '' ? 'nothing' : `"${start}"`}.`,
  );
}

function exchange(socket: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const connection = connect(addressOf(socket)).setEncoding('utf8').setTimeout(PATIENCE);
    const giveUp = (error: Error) => {
      connection.destroy();
      reject(error);
    };
    // Once for all of it: what trickles is not waited for either.
    const deadline = setTimeout(() => giveUp(silent(socket)), PATIENCE);
    connection
      .on('connect', () => connection.write(line))
      .on('data', (part: string) => {
        text += part;
        if (text.length > MOST_CHARACTERS) giveUp(nonsense(socket, text));
      })
      .on('timeout', () => giveUp(silent(socket)))
      .on('error', (error: NodeJS.ErrnoException) => giveUp(failed(socket, error)))
      .on('end', () => resolve(text))
      .on('close', () => clearTimeout(deadline));
  });
}

function addressOf(socket: string): NetConnectOpts {
  if (socket.startsWith('/')) return { path: socket };
  const colon = socket.lastIndexOf(':');
  const host = socket.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(socket.slice(colon + 1)), ...(isIPv6(host) ? { family: 6 } : {}) };
}

const silent = (socket: string) =>
  new CrossfadeError('BalancerUnreachable', `HAProxy says nothing at ${socket} for ${PATIENCE / 1_000} s.`);

function failed(socket: string, cause: NodeJS.ErrnoException): CrossfadeError {
  const refused = cause.code === 'EACCES' || cause.code === 'EPERM';
  const code: ErrorCode = refused ? 'BalancerRefused' : 'BalancerUnreachable';
  const why = refused ? 'the user of the worker may not use the socket' : (cause.code ?? cause.message);
  return new CrossfadeError(code, `HAProxy can't be asked at ${socket}: ${why}.`, { cause });
}
