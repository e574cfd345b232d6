import type { Command } from 'commander';
import { installNginx } from '../../adapters/traffic/nginx/install.ts';
import { EXIT } from '../exit-codes.ts';
import { print } from '../io.ts';
import { howToUse, nginxConfigText } from '../nginx-config.ts';
import { readPlan } from '../plan-file.ts';

export function nginxConfigCommand(program: Command, done: (code: number) => void): void {
  program
    .command('nginx-config')
    .summary("print, or install, what nginx includes for a plan's traffic")
    .description(
      'Prints what nginx includes to split the traffic of a plan. --install writes it into traffic.directory on this host; nginx takes it in at one reload, before the upgrade, and needs no other one.',
    )
    .argument('<file>', 'the plan, JSON or YAML')
    .option('--install', 'write the files instead')
    .action(async (file: string, { install }: { install?: true }) => {
      const { plan } = readPlan(file);
      if (install) {
        const files = Object.values(await installNginx(plan));
        print(`Written:\n${files.map((one) => `  ${one}`).join('\n')}\n\n${howToUse(plan.traffic.directory)}`);
      } else print(nginxConfigText(plan));
      done(EXIT.fine);
    });
}
