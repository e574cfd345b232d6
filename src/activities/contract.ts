// The contract between workflows and activities, by what the activities are about. Inputs are the slices of the plan that each
// needs: small, so that a history stays small. `host` in a comment: runs on the task queue of that host. All are safe to run again
// at any time.

import type { BackupActivities } from './contract/backup.ts';
import type { OpenActivities, PreflightActivities, FreezeActivities } from './contract/preparation.ts';
import type { NodeActivities, ClusterActivities, StageActivities } from './contract/clusters.ts';
import type { MigrateActivities, FinishActivities } from './contract/migrations.ts';
import type { TrafficActivities, WatchActivities } from './contract/traffic.ts';
import type { ReportActivities } from './contract/report.ts';
import type { RestoreActivities } from './contract/restore.ts';
import type { RoleActivities } from './contract/roles.ts';

export type Activities = OpenActivities &
  PreflightActivities &
  FreezeActivities &
  BackupActivities &
  NodeActivities &
  ClusterActivities &
  StageActivities &
  MigrateActivities &
  FinishActivities &
  TrafficActivities &
  WatchActivities &
  RoleActivities &
  RestoreActivities &
  ReportActivities;

export type * from './contract/backup.ts';
export type * from './contract/preparation.ts';
export type * from './contract/clusters.ts';
export type * from './contract/migrations.ts';
export type * from './contract/traffic.ts';
export type * from './contract/report.ts';
export type * from './contract/restore.ts';
export type * from './contract/roles.ts';
