import type { Command } from 'commander';
import { installNginx } from '../../adapters/traffic/nginx/install.ts';
import { EXIT } from '../exit-codes.ts';
import { print } from '../io.ts';
import { howToUse, nginxConfigText, nginxEntryOf } from '../nginx-config.ts';
import { readPlan } from '../plan-file.ts';

interface Options {
  readonly install?: true;
  readonly entry?: string;
}

export function nginxConfigCommand(program: Command, done: (code: number) => void): void {
  program
    .command('nginx-config')
    .summary("print, or install, what nginx includes for a plan's traffic")
    .description(
      'Prints what nginx includes to split the traffic of a plan. --install writes it into traffic.directory on this host; nginx takes it in at one reload, before the upgrade, and needs no other one.',
    )
    .argument('<file>', 'the plan, JSON or YAML')
    .option('--install', 'write the files instead')
    .option('--entry <name>', 'which one, in a plan with several nginx')
    .action(async (file: string, { install, entry: name }: Options) => {
      const { plan } = readPlan(file);
      const entry = nginxEntryOf(plan, name);
      if (install) {
        const files = await installNginx(entry, plan);
        const list = Object.values(files).map((one) => `  ${one}`);
        print(`Written:\n${list.join('\n')}\n\n${howToUse(files)}`);
      } else print(nginxConfigText(entry, plan));
      done(EXIT.fine);
    });
}
