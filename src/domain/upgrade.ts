/** Identifies one upgrade in the database, in S3, in the balancer and in logs. Never reused. */
export interface UpgradeRef {
  readonly cluster: string;
  readonly workflowId: string;
  readonly runId: string;
  /** When the run started, ISO 8601. */
  readonly startedAt: string;
}

/** The folder of an upgrade in S3, below the plan's prefix. */
export const upgradeFolder = (upgrade: UpgradeRef): string =>
  `${upgrade.cluster}/${upgrade.startedAt.replace(/[:.]/g, '-')}_${upgrade.runId}`;
