import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { CrossfadeError } from '../../domain/errors/index.ts';
import { parsePlan, type Plan } from '../../domain/plan/index.ts';
import { buildReport, renderReport, type Report } from '../../domain/report/index.ts';
import { EXIT } from '../exit-codes.ts';
import { print, printError } from '../io.ts';
import { summarizeReport } from '../report-summary.ts';
import { withTemporal } from '../temporal.ts';
import { openUpgrade, type UpgradeHandle } from '../upgrade.ts';
import { samplesOf } from '../samples.ts';

interface Options {
  readonly json?: true;
  readonly html?: string;
}

export function reportCommand(program: Command, done: (code: number) => void): void {
  program
    .command('report')
    .summary("tell an upgrade's story: a summary, JSON, or a page")
    .description(
      'Makes the report of the upgrade that runs, or of the last one, from the workflow. For the page the samples of the metrics are read from S3, with the references of the plan resolved in this environment; without them averages are drawn.',
    )
    .argument('<cluster>', 'as in the plan')
    .option('--json', 'print the report as JSON')
    .option('--html <file>', 'write the page')
    .action(async (cluster: string, { json, html }: Options) => {
      await withTemporal(async (temporal) => {
        const upgrade = openUpgrade(temporal, cluster);
        const [status, timeline, plan] = await Promise.all([upgrade.status(), upgrade.timeline(), planOf(upgrade)]);
        const report = buildReport(status, timeline, plan);
        if (html !== undefined) await writePage(html, report, plan);
        if (json) print(JSON.stringify(report, null, 2));
        else if (html === undefined) print(summarizeReport(report, status.report));
      });
      done(EXIT.fine);
    });
}

/** As the workflow got it, with the defaults of this version; `undefined` when it is none. */
const planOf = async (upgrade: UpgradeHandle): Promise<Plan | undefined> => parsePlan(await upgrade.plan()).plan;

async function writePage(file: string, report: Report, plan: Plan | undefined): Promise<void> {
  const samples = plan === undefined ? [] : await samplesOf(report, plan);
  try {
    await writeFile(file, renderReport(report, samples));
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    throw new CrossfadeError('ReportNotWritten', `${file} can't be written (${code}).`, { cause });
  }
  printError(`Written: ${file}`);
}
