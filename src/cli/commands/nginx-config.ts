import type { Command } from 'commander';
import { installNginx } from '../../adapters/traffic/nginx/install.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import { entriesOf } from '../../domain/traffic/balancers.ts';
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
      const entry = entriesOf(plan.traffic).find((one) => one.via === 'nginx');
      if (entry === undefined)
        throw new CrossfadeError('PlanInvalid', "The plan's traffic does not come in through nginx.");
      if (install) {
        const files = Object.values(await installNginx(entry, plan));
        print(`Written:\n${files.map((one) => `  ${one}`).join('\n')}\n\n${howToUse(entry.directory)}`);
      } else print(nginxConfigText(entry, plan));
      done(EXIT.fine);
    });
}
