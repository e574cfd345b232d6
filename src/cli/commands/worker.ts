import type { Command } from 'commander';

export function workerCommand(program: Command): void {
  program
    .command('worker')
    .summary('run a worker on this host until it is told to end')
    .description(
      'Runs a worker: for everybody (queue crossfade), and for what is bound to this host (crossfade@<host>).',
    )
    .action(async () => {
      await import('../../worker.ts');
    });
}
