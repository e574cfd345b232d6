import { Option, type Command } from 'commander';
import { installNginx } from '../../adapters/traffic/nginx/install.ts';
import { plainConfig } from '../../adapters/traffic/nginx/plain.ts';
import { removeNginx } from '../../adapters/traffic/nginx/remove.ts';
import { EXIT } from '../exit-codes.ts';
import { print } from '../io.ts';
import { howToUse, nginxConfigText, nginxEntryOf } from '../nginx-config.ts';
import { readPlan } from '../plan-file.ts';

interface Options {
  readonly install?: true;
  readonly plain?: true;
  readonly remove?: true;
  readonly entry?: string;
}

export function nginxConfigCommand(program: Command, done: (code: number) => void): void {
  program
    .command('nginx-config')
    .summary("print, install or remove what nginx includes for a plan's traffic")
    .description(
      'Prints what nginx includes to split the traffic of a plan. --install writes it into traffic.directory on this host; nginx takes it in at one reload, before the upgrade, and needs no other one. When the upgrade is over, --plain prints what to put in place of the includes, and --remove removes them once nginx does without.',
    )
    .argument('<file>', 'the plan, JSON or YAML')
    .addOption(new Option('--install', 'write the files').conflicts(['plain', 'remove']))
    .addOption(
      new Option('--plain', 'print the configuration for what is in force, without Crossfade').conflicts('remove'),
    )
    .option('--remove', 'remove the files, if nginx does not need them any more')
    .option('--entry <name>', 'which one, in a plan with several nginx')
    .action(async (file: string, { install, plain, remove, entry: name }: Options) => {
      const { plan } = readPlan(file);
      const entry = nginxEntryOf(plan, name);
      if (install) {
        const files = await installNginx(entry, plan);
        const list = Object.values(files).map((one) => `  ${one}`);
        print(`Written:\n${list.join('\n')}\n\n${howToUse(files)}`);
      } else if (plain) print(await plainConfig(entry));
      else if (remove) {
        await removeNginx(entry);
        print(`Removed: ${entry.directory}`);
      } else print(nginxConfigText(entry, plan));
      done(EXIT.fine);
    });
}
