import type { Command } from 'commander';
import { findBackups } from '../../activities/backup/find-backups.ts';
import { createS3Store } from '../../adapters/object-store/s3.ts';
import { createSecrets } from '../../adapters/secrets.ts';
import { clusterFolder } from '../../domain/backup.ts';
import type { S3Ref } from '../../domain/plan/index.ts';
import { backupLines } from '../backups-text.ts';
import { EXIT } from '../exit-codes.ts';
import { paintFor, print } from '../io.ts';
import { readPlan } from '../plan-file.ts';

export function backupsCommand(program: Command, done: (code: number) => void): void {
  program
    .command('backups')
    .summary('list the backups of a cluster in S3: age, size, verified and restored or not')
    .description(
      "Lists the backups of the plan's cluster, newest first, half ones too. Reads the plan's bucket, with the references of the plan resolved in this environment; changes nothing, and needs neither Temporal nor a worker.",
    )
    .argument('<file>', 'the plan, JSON or YAML')
    .option('--json', 'print them as JSON')
    .action(async (file: string, { json }: { json?: true }) => {
      const { cluster, backup } = readPlan(file).plan;
      const store = createS3Store(createSecrets(process.env));
      const rows = (await findBackups(store, backup.s3, cluster)).map(({ row }) => row);
      if (json) print(JSON.stringify(rows, null, 2));
      else {
        const list = { cluster, where: whereOf(backup.s3, cluster), rows, now: new Date().toISOString() };
        // Without a terminal nothing needs to fit.
        print(backupLines(list, paintFor(process.stdout), process.stdout.columns ?? Infinity).join('\n'));
      }
      done(EXIT.fine);
    });
}

const whereOf = ({ bucket, prefix, endpoint, region }: S3Ref, cluster: string): string =>
  `in bucket ${bucket} at ${endpoint ?? `AWS, region ${region}`}, below ${clusterFolder(prefix, cluster)}`;
