import { readSamples } from '../activities/report-samples.ts';
import { createS3Store } from '../adapters/object-store/s3.ts';
import { createSecrets } from '../adapters/secrets.ts';
import type { Plan } from '../domain/plan/index.ts';
import type { Report } from '../domain/report/index.ts';
import type { Sample } from '../domain/verdict/index.ts';
import { printError } from './io.ts';

/** The samples that the report names, read from the plan's bucket with the secrets of this environment; none on a fault, told. */
export function samplesOf(report: Report, { backup }: Plan): Promise<Sample[]> {
  const store = createS3Store(createSecrets(process.env));
  return readSamples(store, backup.s3, report, (_, fault) => {
    printError(`${fault} The page shows averages of each watch instead of single samples.`);
  });
}
