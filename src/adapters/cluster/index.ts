import { commandRunner } from './command.ts';
import { localRunner, type RunnerDeps } from './local.ts';
import type { CreateRunner } from './port.ts';

export type { RunnerDeps } from './local.ts';
export type { ClusterRunner, CreateRunner, KongCommand } from './port.ts';

export const createRunner =
  (deps: RunnerDeps): CreateRunner =>
  (cluster, database) =>
    cluster.runs.on === 'local' ? localRunner(deps, cluster, database) : commandRunner(deps, cluster);
