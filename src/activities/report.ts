import { log } from '@temporalio/activity';
import type { ObjectStore } from '../adapters/object-store/port.ts';
import type { ReportFiles } from '../adapters/report/port.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import { renderReport } from '../domain/report/index.ts';
import type { ReportRef } from '../domain/report-ref.ts';
import { upgradeFolder } from '../domain/upgrade.ts';
import type { ReportActivities } from './contract.ts';
import { readSamples, readText } from './report-samples.ts';

interface Deps {
  readonly store: Pick<ObjectStore, 'get' | 'put'>;
  readonly files: ReportFiles;
}

const LEVEL = { info: 'info', alert: 'warn', page: 'error' } as const;

export function createReportActivities({ store, files }: Deps): ReportActivities {
  type Input = Parameters<ReportActivities['writeReport']>[0];

  async function toS3({ s3, upgrade }: Input, json: string, page: string): Promise<ReportRef> {
    const place = [s3.prefix, upgradeFolder(upgrade)].filter((part) => part !== '').join('/');
    const put = async (name: string, text: string, contentType: string): Promise<string> => {
      const key = `${place}/${name}`;
      await store.put(s3, key, oneChunk(text), { contentType });
      if ((await readText(store, s3, key)) !== text) throw new Error(`${key} reads back differently`);
      return key;
    };
    return {
      jsonKey: await put('report.json', json, 'application/json'),
      htmlKey: await put('report.html', page, 'text/html; charset=utf-8'),
    };
  }

  async function toDirectory({ directory, upgrade }: Input, json: string, page: string): Promise<ReportRef> {
    if (directory === undefined) return {};
    const folder = upgradeFolder(upgrade);
    return {
      jsonFile: await files.write(directory, folder, 'report.json', json),
      htmlFile: await files.write(directory, folder, 'report.html', page),
    };
  }

  return {
    async writeReport(input) {
      const json = `${JSON.stringify(input.report, null, 2)}\n`;
      const samples = await readSamples(store, input.s3, input.report, (key, fault) =>
        log.warn('samples could not be read', { key, fault }),
      );
      const page = renderReport(input.report, samples);
      // One place that fails must not cost the other.
      const written = await Promise.allSettled([toS3(input, json, page), toDirectory(input, json, page)]);
      const faults = written.flatMap((one) => (one.status === 'rejected' ? [messageOf(one.reason)] : []));
      const ref: ReportRef = Object.assign({}, ...written.map((one) => (one.status === 'fulfilled' ? one.value : {})));
      if (Object.keys(ref).length === 0) throw new CrossfadeError('ReportNotWritten', faults.join(' '));
      for (const fault of faults) log.warn('the report is missing in one place', { fault });
      return ref;
    },

    async notify({ upgrade, severity, text }) {
      log[LEVEL[severity]](text, { severity, cluster: upgrade.cluster });
    },
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function* oneChunk(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}
