import { MockActivityEnvironment } from '@temporalio/testing';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseSamples } from '../../src/activities/report-samples.ts';
import { createReportActivities } from '../../src/activities/report.ts';
import type { ObjectStore } from '../../src/adapters/object-store/port.ts';
import { localReportFiles } from '../../src/adapters/report/local.ts';
import { CrossfadeError } from '../../src/domain/errors/index.ts';
import type { ReportRef } from '../../src/domain/report-ref.ts';
import { buildReport } from '../../src/domain/report/index.ts';
import { completed, completedTimeline, upgrade } from '../status/fixtures.ts';
import { completedSamples } from './samples.ts';

const FOLDER = 'payments/2026-11-24T10-00-00-000Z_019ab3f2-7c1d-7d55-9e60-2f4b8a1c0d3e';
const s3 = { bucket: 'kong-backups', prefix: 'crossfade', region: 'us-east-1', pathStyle: true };

/** A bucket in memory, or one that refuses everything. */
function bucket(objects: Map<string, string>, broken = false): Pick<ObjectStore, 'get' | 'put'> {
  const fail = () => Promise.reject(new Error('S3 at http://s3:9000 does not answer'));
  return {
    async put(_, key, body) {
      if (broken) return fail();
      let text = '';
      for await (const chunk of body) text += Buffer.from(chunk).toString();
      objects.set(key, text);
      return { size: text.length, sha256: '' };
    },
    async get(_, key) {
      const found = objects.get(key);
      if (broken) return fail();
      if (found === undefined) throw new CrossfadeError('ObjectMissing', `There is no ${key}.`);
      // In pieces that cut characters in the middle, as a network does.
      const bytes = Buffer.from(found);
      return (async function* () {
        for (let from = 0; from < bytes.length; from += 1_001) yield bytes.subarray(from, from + 1_001);
      })();
    },
  };
}

let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'crossfade-report-'))));
afterEach(() => rm(directory, { recursive: true }));

const report = buildReport(completed, completedTimeline);

function write(store: Pick<ObjectStore, 'get' | 'put'>, to?: string): Promise<ReportRef> {
  const { writeReport } = createReportActivities({ store, files: localReportFiles });
  const input = { report, s3, upgrade, ...(to === undefined ? {} : { directory: to }) };
  return new MockActivityEnvironment().run<[typeof input], ReportRef, typeof writeReport>(writeReport, input);
}

describe('writeReport', () => {
  it('writes JSON and page to S3 and to the directory, with the samples that are in S3', async () => {
    const lines = completedSamples.map((one) => JSON.stringify(one)).join('\n');
    const objects = new Map([[`crossfade/${FOLDER}/samples/gate-finish.jsonl`, lines]]);
    const ref = await write(bucket(objects), directory);
    expect(ref).toEqual({
      jsonKey: `crossfade/${FOLDER}/report.json`,
      htmlKey: `crossfade/${FOLDER}/report.html`,
      jsonFile: join(directory, FOLDER, 'report.json'),
      htmlFile: join(directory, FOLDER, 'report.html'),
    });
    expect(JSON.parse(objects.get(ref.jsonKey!)!)).toEqual(report);
    expect(await readFile(ref.htmlFile!, 'utf8')).toBe(objects.get(ref.htmlKey!));
    expect(objects.get(ref.htmlKey!)).not.toContain('averages of each watch');
  });

  it('writes to S3 only, when no directory is given', async () => {
    const objects = new Map<string, string>();
    expect(Object.keys(await write(bucket(objects)))).toEqual(['jsonKey', 'htmlKey']);
  });

  it('keeps the local file when S3 does not answer, and the other way round', async () => {
    expect(Object.keys(await write(bucket(new Map(), true), directory))).toEqual(['jsonFile', 'htmlFile']);
    const inTheWay = join(directory, 'file');
    await writeFile(inTheWay, '');
    expect(Object.keys(await write(bucket(new Map()), inTheWay))).toEqual(['jsonKey', 'htmlKey']);
  });

  it('fails when there is no place left, and says why', async () => {
    await expect(write(bucket(new Map(), true))).rejects.toMatchObject({
      code: 'ReportNotWritten',
      message: expect.stringContaining('S3 at http://s3:9000 does not answer') as string,
    });
  });
});

describe('samples', () => {
  it('are read line by line, without what was cut off or is something else', () => {
    const text = `${JSON.stringify(completedSamples[0])}\n{"at":"2026\nnull\n{"at":"soon"}\n`;
    expect(parseSamples(text)).toEqual([completedSamples[0]]);
  });
});

describe('notify', () => {
  it('logs and never fails', async () => {
    const { notify } = createReportActivities({ store: bucket(new Map()), files: localReportFiles });
    for (const severity of ['info', 'alert', 'page'] as const)
      await new MockActivityEnvironment().run(notify, { upgrade, severity, text: 'gate finish waits for approval' });
  });
});
