import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { KongVersion } from '../schema/versions.ts';
import { KongError, loadSettings, setting } from '../settings.ts';
import { parse, type Arguments } from './args.ts';
import { health, quit, stop, version as printVersion } from './direct.ts';
import { migrationsUsage, USAGE } from './help.ts';
import { Output } from './output.ts';
import { keepPace } from './pace.ts';

const [release, ...argv] = process.argv.slice(2) as [KongVersion, ...string[]];
const SUBCOMMANDS = new Set(['bootstrap', 'up', 'finish', 'list', 'reset', 'status']);
const IN_GRANDCHILD = new Set(['migrations', 'start', 'restart', 'reload', 'prepare']);

function usageError(text: string): never {
  process.stderr.write(text);
  process.exit(1);
}

/**
 * Does the work where the real command does it: in a grandchild, behind a shell. Like there, an interrupt ends only this
 * process, TERM is waited out, and the work stops only with its whole process group.
 */
async function inGrandchild(): Promise<number> {
  const work = fileURLToPath(new URL('./work.ts', import.meta.url));
  const command = [process.execPath, ...process.execArgv, work, release, ...argv];
  const child = spawn('sh', ['-c', '"$@"; exit $?', 'kong', ...command], { stdio: 'inherit' });
  process.on('SIGTERM', () => undefined);
  process.on('SIGINT', () => process.exit(130));
  return new Promise((done) => {
    child.on('exit', (code, signal) => done(signal === null ? (code ?? 1) : 143));
  });
}

function check(args: Arguments, out: Output): void {
  const conf = args.operands[0] ?? args.values['conf'];
  loadSettings({ version: release, conf, env: process.env });
  out.info(`configuration at ${conf ?? '(default)'} is valid`);
}

async function run(args: Arguments, out: Output): Promise<number> {
  if (args.command === 'migrations' && !SUBCOMMANDS.has(args.operands[0] ?? '')) {
    const named = args.operands[0] === undefined ? '' : `No such command for migrations: ${args.operands[0]}\n\n`;
    usageError(named + migrationsUsage(release));
  }
  const settings = loadSettings({
    version: release,
    conf: args.values['conf'],
    prefix: args.values['prefix'],
    env: process.env,
  });
  const prefix = setting(settings, 'prefix');
  if (IN_GRANDCHILD.has(args.command ?? '')) {
    const created = !existsSync(prefix);
    const code = await inGrandchild();
    if (created) out.print(`prefix directory ${prefix} not found, trying to create it`);
    return code;
  }
  switch (args.command) {
    case 'version':
      printVersion(release, args, out);
      break;
    case 'health':
      health(prefix, out);
      break;
    case 'stop':
      await stop(prefix, out);
      break;
    case 'quit':
      await quit(prefix, args, out);
      break;
    case 'check':
      check(args, out);
      break;
    default:
      usageError(args.command === undefined ? USAGE : `No such command: ${args.command}\n\n${USAGE}`);
  }
  return 0;
}

const out = new Output(argv.some((arg) => ['-v', '--v', '--vv'].includes(arg)));
let code = 1;
try {
  const args = parse(argv);
  code = await run(args, out);
  await keepPace(args.command ?? '', release);
} catch (error) {
  if (!(error instanceof KongError)) throw error;
  out.fail(error);
}
out.flush();
process.exit(code);
