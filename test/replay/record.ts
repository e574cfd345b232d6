// Records the histories of `shapes.ts` anew: `node test/replay/record.ts`. To be run on purpose, never by a test.
import { writeFile } from 'node:fs/promises';
import proto from '@temporalio/proto';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';
import { SHAPES } from './shapes.ts';

const { History } = proto.temporal.api.history.v1;

const env = await WorkflowEnvironment.create();
try {
  for (const [name, play] of Object.entries(SHAPES)) {
    const run = await play(env);
    const { outcome } = await run.result();
    const { history } = await run.historyToReplay();
    const plain = History.toObject(History.fromObject(history), { enums: String, longs: String, bytes: String });
    await writeFile(`${import.meta.dirname}/${name}.json`, `${JSON.stringify(plain, withoutMachine)}\n`);
    console.log(`${name}: ${outcome}, ${history.events?.length} events`);
  }
} finally {
  await env.close();
}

/** On which machine it was recorded is no part of a history worth keeping. */
function withoutMachine(key: string, value: unknown): unknown {
  if (key === 'identity') return 'worker';
  if (key === 'stackTrace') return '';
  const sticky = typeof value === 'object' && value !== null && 'normalName' in value && 'name' in value;
  return sticky ? { ...value, name: 'sticky' } : value;
}
