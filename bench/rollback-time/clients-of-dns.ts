import { Resolver } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** What clients of a name saw, in milliseconds since 1970. */
export interface DnsSeen {
  /** When each question was sent that was answered with an address of Y. */
  readonly onY: readonly number[];
  /** Until when each client that keeps answers used an address of Y. */
  readonly keptUntil: readonly number[];
}

export interface DnsClients {
  stop(): Promise<DnsSeen>;
}

/** Ask again and again, as soon as they are answered. */
const ASKERS = 4;
/** Ask when what they were told is over. */
const KEEPERS = 40;

/** Clients that ask one server for addresses, and use one of them. `ttl`: seconds, of its answers. */
export function startDnsClients(server: string, name: string, y: readonly string[], ttl: number): DnsClients {
  const onY: number[] = [];
  const keptUntil: number[] = [];
  let running = true;

  async function ask(): Promise<{ at: number; until: number; isY: boolean }> {
    const resolver = new Resolver({ timeout: 2_000, tries: 3 });
    resolver.setServers([server]);
    const at = Date.now();
    const answers = await resolver.resolve4(name, { ttl: true });
    const isY = answers.some(({ address }) => y.includes(address));
    return { at, until: at + 1_000 * (answers[0]?.ttl ?? 0), isY };
  }

  async function asker(): Promise<void> {
    while (running) {
      const { at, isY } = await ask();
      if (isY) onY.push(at);
      await sleep(1);
    }
  }

  async function keeper(): Promise<void> {
    // Not all at the same moment, or they would stay so for ever.
    await sleep(Math.random() * ttl * 1_000);
    while (running) {
      const { until, isY } = await ask();
      if (isY) keptUntil.push(until);
      await sleep(Math.max(1, until - Date.now()));
    }
  }

  const all = [...Array.from({ length: ASKERS }, asker), ...Array.from({ length: KEEPERS }, keeper)];
  const ended = Promise.all(all);
  ended.catch(() => undefined);
  return {
    async stop() {
      running = false;
      await ended;
      return { onY, keptUntil };
    },
  };
}
