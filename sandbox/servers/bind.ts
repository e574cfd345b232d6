import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Resolver } from 'node:dns/promises';
import { makeFolder } from '../folder.ts';
import { freePort, retryOnUsedPort } from '../free-port.ts';
import { installTools } from '../install/index.ts';
import { startProcess, type RunningProcess } from '../processes.ts';

export interface BindOptions {
  /** Its folder, emptied at the start. */
  readonly dir: string;
  readonly zone: string;
  /** Lines of the zone's file besides SOA and NS. */
  readonly records: readonly string[];
  /** TSIG keys by name, in base64, for hmac-sha256. */
  readonly keys: Readonly<Record<string, string>>;
  /** Lines of the zone's `update-policy`. */
  readonly policy: readonly string[];
}

export interface Bind {
  /** Where it answers, `host:port`. */
  readonly address: string;
  readonly configFile: string;
  /** Stops it, or kills it with -9, and starts it again on the same port, with the same zone. */
  restart(how?: 'killed'): Promise<void>;
  stop(): Promise<void>;
}

/** Starts BIND as the primary server of one zone that takes dynamic updates, without touching the machine's own. */
export async function startBind(options: BindOptions): Promise<Bind> {
  const { bind: command } = await installTools(['bind']);
  const { dir, zone, records } = options;
  await makeFolder(dir);
  mkdirSync(join(dir, 'zones'));
  const head = ['$TTL 300', '@ SOA ns host 1 3600 600 86400 1', '@ NS ns', 'ns A 127.0.0.1'];
  writeFileSync(join(dir, 'zones', 'primary'), `${[...head, ...records].join('\n')}\n`);
  const configFile = join(dir, 'named.conf');
  let port = 0;
  const launch = async () => {
    // In the foreground, with its log on stderr.
    const running = await startProcess({ dir, name: 'named', command, args: ['-g', '-n', '1', '-c', configFile] });
    await ready(running, port, zone);
    return running;
  };
  let running = await retryOnUsedPort(async () => {
    port = await freePort();
    writeFileSync(configFile, config(options, port), { mode: 0o600 });
    return launch();
  });
  return {
    address: `127.0.0.1:${port}`,
    configFile,
    async restart(how) {
      if (how === 'killed') process.kill(running.pid, 'SIGKILL');
      await running.stop();
      running = await launch();
    },
    stop: () => running.stop(),
  };
}

async function ready(running: RunningProcess, port: number, zone: string): Promise<void> {
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
  try {
    await running.waitUntil('BIND answers', () => resolver.resolveSoa(zone).catch(() => undefined));
  } catch (error) {
    await running.stop();
    throw error;
  }
}

function config({ dir, zone, keys, policy }: BindOptions, port: number): string {
  const keyLines = Object.entries(keys).map(
    ([name, secret]) => `key "${name}" { algorithm hmac-sha256; secret "${secret}"; };`,
  );
  return `${keyLines.join('\n')}
controls { };
options {
  directory "${dir}/zones";
  pid-file none;
  session-keyfile none;
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  dnssec-validation no;
  allow-transfer { none; };
};
zone "${zone}" {
  type primary;
  file "primary";
  update-policy { ${policy.join(' ')} };
};
`;
}
