import { readFile } from 'node:fs/promises';
import { check, type Check, type Ended } from './check.ts';

const LEAST_PER_SECOND = 200;

/** The workflow and its report. */
export async function checkOutcome({ demo, end, temporalStatus }: Ended): Promise<Check[]> {
  const { outcome } = demo.scenario;
  return [
    await check(`the outcome is ${outcome}`, async () => {
      const found = `${end.status.outcome ?? 'none'}, in Temporal ${temporalStatus}`;
      return { holds: end.status.outcome === outcome && temporalStatus === 'COMPLETED', found };
    }),
    await check('the report is there as JSON and as a page', async () => {
      const { jsonFile = '', htmlFile = '', jsonKey, htmlKey } = end.status.report ?? {};
      const report = JSON.parse(await readFile(jsonFile, 'utf8')) as { outcome?: string };
      const page = await readFile(htmlFile, 'utf8');
      // Self-contained: nothing that a browser would have to fetch.
      const outside = /(src|href)="https?:/.test(page);
      const inS3 = jsonKey !== undefined && htmlKey !== undefined;
      const holds = report.outcome === outcome && page.includes('<svg') && !outside && inS3;
      return { holds, found: `${htmlFile}${inS3 ? ', and in S3' : ', but not in S3'}` };
    }),
  ];
}

/** What the clients saw. */
export async function checkClients({ demo, load }: Ended): Promise<Check[]> {
  const { faultyY } = demo.scenario;
  const { sent, failed, failedByY, idleClosed, seconds, failures, byVersion } = load;
  const rate = sent / seconds;
  const versions = Object.entries(byVersion).map(([version, count]) => `${version}: ${count}`);
  return [
    await check(`no client request failed${faultyY ? ', but those that the faulty Y answered' : ''}`, async () => ({
      holds: failed === failedByY && (faultyY ? failedByY > 0 : failedByY === 0),
      found: [
        `${sent} sent (${versions.join(', ')}), ${failed} failed, ${failedByY} of them answered so by Y`,
        `${idleClosed} idle connections were closed`,
        ...failures,
      ].join('; '),
    })),
    await check(`the load was steady: at least ${LEAST_PER_SECOND} requests/s`, async () => ({
      holds: rate >= LEAST_PER_SECOND,
      found: `${rate.toFixed(0)} requests/s over ${seconds.toFixed(0)} s`,
    })),
  ];
}
