import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CLUSTER } from './plan.ts';

export const WORKFLOW_ID = `kong/${CLUSTER}`;

/** The plain `temporal` command, as anybody would use it, on the demo's workflow. */
export interface TemporalCommand {
  /** Starts the upgrade with the plan in a file. Returns the run's id. */
  start(planFile: string): Promise<string>;
  signal(name: string, payload: object): Promise<void>;
  query(name: string): Promise<unknown>;
}

export function temporalCommand(command: string, address: string): TemporalCommand {
  const run = async (...args: string[]): Promise<string> => {
    const all = [...args, '--address', address, '--output', 'json'];
    return (await promisify(execFile)(command, all, { maxBuffer: 50_000_000 })).stdout;
  };
  const workflow = ['--workflow-id', WORKFLOW_ID];
  return {
    async start(planFile) {
      const named = ['--type', 'blueGreenUpgrade', '--task-queue', 'crossfade'];
      const { runId } = JSON.parse(await run('workflow', 'start', ...named, ...workflow, '--input-file', planFile)) as {
        runId: string;
      };
      return runId;
    },
    async signal(name, payload) {
      await run('workflow', 'signal', ...workflow, '--name', name, '--input', JSON.stringify(payload));
    },
    async query(name) {
      const { queryResult } = JSON.parse(await run('workflow', 'query', ...workflow, '--type', name)) as {
        queryResult: unknown[];
      };
      return queryResult[0];
    },
  };
}
