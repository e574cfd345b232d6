import { readdir, readFile } from 'node:fs/promises';
import proto from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { payloadConverterPath, workflowBundle } from '../../src/worker/bundle.ts';
import '../support/workflow-environment-patience.ts';
import { SHAPES } from './shapes.ts';

// A history that no longer replays would stop the upgrades that run while the worker is replaced. When that is meant (before a
// release, or behind `patched`), record them again: `node test/replay/record.ts`.

const names = Object.keys(SHAPES);
const files = (await readdir(import.meta.dirname)).filter((file) => file.endsWith('.json'));

it('there is a history for each shape, and no other', () => {
  expect(files.sort()).toEqual(names.map((name) => `${name}.json`).sort());
});

it.each(names)('replays: %s', async (name) => {
  const kept = JSON.parse(await readFile(`${import.meta.dirname}/${name}.json`, 'utf8')) as Record<string, unknown>;
  const history = proto.temporal.api.history.v1.History.fromObject(kept);
  const options = { workflowBundle: await workflowBundle(), dataConverter: { payloadConverterPath } };
  // The workflow looks at its own id.
  const { workflowId } = history.events[0]?.workflowExecutionStartedEventAttributes ?? {};
  await Worker.runReplayHistory(options, history, workflowId ?? '');
});
