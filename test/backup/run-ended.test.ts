import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHasRunEnded } from '../../src/adapters/temporal/run-ended.ts';
import { startTemporal, type Temporal } from '../../sandbox/servers/temporal.ts';

let dir: string;
let temporal: Temporal;
let connection: Connection;
let client: Client;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'crossfade-run-ended-'));
  temporal = await startTemporal({ dir: join(dir, 'temporal') });
  connection = await Connection.connect({ address: temporal.address });
  client = new Client({ connection });
}, 120_000);
afterAll(async () => {
  await connection.close();
  await temporal.stop();
  rmSync(dir, { recursive: true });
});

const workflowId = 'kong/payments';
/** Nobody works on it: it runs until it is ended. */
async function start(): Promise<string> {
  const run = await client.workflow.start('blueGreenUpgrade', { taskQueue: 'nobody', workflowId });
  return run.firstExecutionRunId;
}

test('a run that runs has not ended; an earlier one of the same workflow has, and one that Temporal has forgotten', async () => {
  const hasRunEnded = createHasRunEnded(client);
  const first = await start();
  expect(await hasRunEnded(workflowId, first)).toBe(false);
  await client.workflow.getHandle(workflowId).terminate('test');
  const second = await start();
  expect(await hasRunEnded(workflowId, first)).toBe(true);
  expect(await hasRunEnded(workflowId, second)).toBe(false);
  expect(await hasRunEnded(workflowId, randomUUID())).toBe(true);
});

test('a Temporal that does not answer gives no answer', async () => {
  const second = (await client.workflow.getHandle(workflowId).describe()).runId;
  await temporal.stop();
  await expect(createHasRunEnded(client)(workflowId, second)).rejects.toThrow();
});
