import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRunner, type ClusterRunner } from '../../src/adapters/cluster/index.ts';
import { runCommand, type CommandResult } from '../../src/adapters/process/index.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import type { Plan } from '../../src/domain/plan/index.ts';
import { endProcess } from '../end-process.ts';
import { commandLine, processWithPid, type ProcessId } from '../proc.ts';
import { waitFor } from '../wait-for.ts';
import { ALL_NODES, kongDir, type NodeName } from './addresses.ts';

const CONF = `# What all nodes of the demo have in common. Short intervals: they learn soon of what is configured before the upgrade.
nginx_worker_processes = 1
db_update_frequency = 1
worker_state_update_frequency = 1
anonymous_reports = off
`;

/** Writes kong.conf and creates Kong's tables with X's own command, in the same way as Crossfade runs it. */
export async function bootstrap(plan: Plan, env: NodeJS.ProcessEnv): Promise<void> {
  for (const { conf } of plan.x.nodes) if (conf !== undefined) writeFileSync(conf, CONF);
  const result = await runnerOfX(plan, env).kong(['migrations', 'bootstrap'], { timeoutMs: 120_000 });
  expectDone('kong migrations bootstrap', result);
}

/** Starts every node of X, and waits until each is ready. */
export async function startX(plan: Plan, env: NodeJS.ProcessEnv): Promise<void> {
  const runner = runnerOfX(plan, env);
  await Promise.all(
    plan.x.nodes.map(async (node) => {
      expectDone(`kong start of ${node.name}`, await runner.start(node));
      const ready = async () => (await fetch(`${node.status}/status/ready`)).ok;
      await waitFor(`${node.name} is ready`, ready);
    }),
  );
}

/** Kong nodes are daemons; this is how they are found again, also after the demo was killed. */
export function runningNodes(dir: string): (ProcessId & { name: NodeName })[] {
  return ALL_NODES.flatMap((name) => {
    const prefix = join(kongDir(dir), name);
    const id = processWithPid(pidIn(prefix));
    // A pid of an earlier time may belong to another program by now.
    return id !== undefined && commandLine(id.pid).includes(prefix) ? [{ ...id, name }] : [];
  });
}

export async function endNodes(dir: string): Promise<string[]> {
  const nodes = runningNodes(dir);
  await Promise.all(nodes.map((node) => endProcess(node, node.name)));
  return nodes.map(({ name }) => name);
}

const runnerOfX = (plan: Plan, environment: NodeJS.ProcessEnv): ClusterRunner =>
  createRunner({ secrets: createSecrets(environment), run: runCommand, environment })(plan.x, plan.database);

function expectDone(what: string, { exitCode, stdout, stderr }: CommandResult): void {
  if (exitCode === 0) return;
  throw new Error(`${what} failed (exit code ${exitCode}): ${`${stdout}${stderr}`.trim()}`);
}

function pidIn(prefix: string): number {
  try {
    return Number(readFileSync(join(prefix, 'pids', 'nginx.pid'), 'utf8'));
  } catch {
    return 0;
  }
}
