import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** Typed search attributes: `temporal workflow list --query 'UpgradePhase = "shift"'`. */
export const searchAttributeKeys = {
  cluster: defineSearchAttributeKey('KongCluster', SearchAttributeType.KEYWORD),
  phase: defineSearchAttributeKey('UpgradePhase', SearchAttributeType.KEYWORD),
  weight: defineSearchAttributeKey('UpgradeWeight', SearchAttributeType.INT),
  gate: defineSearchAttributeKey('UpgradeGate', SearchAttributeType.KEYWORD),
  outcome: defineSearchAttributeKey('UpgradeOutcome', SearchAttributeType.KEYWORD),
} as const;
