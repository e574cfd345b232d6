import type { KongVersion } from '../schema/versions.ts';
import { confFile, KongError, loadSettings, preparePrefix, setting, writeKongEnv, type Settings } from '../settings.ts';
import { parse, type Arguments } from './args.ts';
import type { Command } from './command.ts';
import { migrations } from './migrations.ts';
import { Output } from './output.ts';
import { keepPace } from './pace.ts';
import { reload, restart, start } from './nodes.ts';

const [release, ...argv] = process.argv.slice(2) as [KongVersion, ...string[]];

function prepare(args: Arguments, out: Output): Settings {
  out.verbose(`Kong: ${release}`);
  const file = confFile(args.values['conf']);
  out.verbose(file === undefined ? 'no config file, skip loading' : `reading config file at ${file}`);
  const settings = loadSettings({
    version: release,
    conf: args.values['conf'],
    prefix: args.values['prefix'],
    env: process.env,
  });
  out.verbose(`prefix in use: ${setting(settings, 'prefix')}`);
  out.verbose(`preparing nginx prefix directory at ${setting(settings, 'prefix')}`);
  preparePrefix(settings);
  return settings;
}

async function run(command: Command): Promise<number> {
  switch (command.args.command) {
    case 'migrations':
      return migrations(command);
    case 'start':
      return start(command);
    case 'restart':
      return restart(command);
    case 'reload':
      return reload(command);
    default:
      writeKongEnv(command.settings);
      return 0;
  }
}

const out = new Output(argv.some((arg) => ['-v', '--v', '--vv'].includes(arg)));
let code = 1;
try {
  const args = parse(argv);
  code = await run({ version: release, args, settings: prepare(args, out), out });
  await keepPace([args.command, ...args.operands].join(' '), release);
} catch (error) {
  if (!(error instanceof KongError)) process.exitCode = 1;
  out.fail(error);
}
out.flush();
process.exit(code);
