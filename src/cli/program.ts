import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { backupsCommand } from './commands/backups.ts';
import { freezeCommand } from './commands/freeze.ts';
import { messageCommands } from './commands/messages.ts';
import { nginxConfigCommand } from './commands/nginx-config.ts';
import { planCommand } from './commands/plan.ts';
import { reportCommand } from './commands/report.ts';
import { restoreCommand } from './commands/restore.ts';
import { startCommand } from './commands/start.ts';
import { statusCommand } from './commands/status.ts';
import { thawCommand } from './commands/thaw.ts';
import { workerCommand } from './commands/worker.ts';
import { EXIT_HELP } from './exit-codes.ts';

/** The `crossfade` command. `done` gets the exit code of the subcommand that ran. */
export function createProgram(done: (code: number) => void): Command {
  const program = new Command('crossfade')
    .description('Kong Gateway blue-green upgrades as one durable Temporal workflow.')
    .version(version())
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText('after', EXIT_HELP);
  planCommand(program, done);
  startCommand(program, done);
  statusCommand(program, done);
  messageCommands(program, done);
  reportCommand(program, done);
  backupsCommand(program, done);
  restoreCommand(program, done);
  freezeCommand(program, done);
  thawCommand(program, done);
  workerCommand(program);
  nginxConfigCommand(program, done);
  return program;
}

function version(): string {
  const { version: found } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return found;
}
