import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { plainTarget, type DnsEntry } from './names.ts';

/** Milliseconds for one try, of two. */
const PATIENCE = 1_500;

/**
 * What one resolver says that the name stands for. Throws what `node:dns` throws. Each question has a channel of its own, so that nothing is
 * answered from a cache of this process.
 *
 * @param server host, or `host:port`
 */
export async function ask(server: string, name: string, type: DnsEntry['type']): Promise<string[]> {
  const resolver = new Resolver({ timeout: PATIENCE, tries: 2 });
  resolver.setServers([await addressed(server)]);
  const answers = await (type === 'A'
    ? resolver.resolve4(name)
    : type === 'AAAA'
      ? resolver.resolve6(name)
      : resolver.resolveCname(name));
  return answers.map(plainTarget);
}

/** A resolver can only be asked at an address. */
async function addressed(server: string): Promise<string> {
  const [, host = server, port = '53'] = /^(.*?)(?::(\d+))?$/.exec(server) ?? [];
  const bare = host.replace(/^\[|\]$/g, '');
  const { address, family } = isIP(bare) === 0 ? await lookup(bare) : { address: bare, family: isIP(bare) };
  return family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}
