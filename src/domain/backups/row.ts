import type { BackupLabel, BackupManifest } from '../backup.ts';
import { plural } from '../plural.ts';
import { lastWritten, type FoundBackup } from './group.ts';

/** A backup of a cluster, as it is told to people. */
export interface BackupRow {
  /** What people call it. */
  readonly id: string;
  readonly label: BackupLabel;
  /** ISO 8601: of one that is not whole, when its last object was written. */
  readonly takenAt: string;
  /** Of all objects, as they are stored. */
  readonly bytes: number;
  readonly objects: number;
  /** Its manifest, written after every object was read back, is there, and so are the objects that it names. */
  readonly verified: boolean;
  /** Why it is not verified, in words. */
  readonly fault?: string;
  /** It was restored for a test. */
  readonly restored: boolean;
  /** Every object was encrypted before it left the worker. */
  readonly encrypted: boolean;
  /** Versions of Kong: X's, and the one that it was to become. */
  readonly kong?: { readonly x?: string; readonly y?: string };
  /** Of the upgrade; known by the manifest alone. */
  readonly workflowId?: string;
  readonly runId: string;
  readonly manifestKey?: string;
}

/** What came of reading a manifest: the manifest, or why it can't be read. */
export type ReadManifest = BackupManifest | { readonly unreadable: string };

/** `manifest`: what was read where the backup has one. */
export function describeBackup(found: FoundBackup, manifest?: ReadManifest): BackupRow {
  const { id, label, runId, objects, restored } = found;
  const unproved = {
    ...{ id, label, runId, takenAt: lastWritten(objects), objects: objects.length, encrypted: false },
    bytes: objects.reduce((sum, { size }) => sum + size, 0),
    ...{ verified: false, restored: false },
    ...(found.manifest === undefined ? {} : { manifestKey: found.manifest.key }),
  };
  if (manifest === undefined) return { ...unproved, fault: 'it was never completed: it has no manifest' };
  if ('unreadable' in manifest) return { ...unproved, fault: `its manifest does not count: ${manifest.unreadable}` };
  const fault = faultOf(found, manifest);
  const { x, y } = manifest.versions;
  return {
    ...unproved,
    ...{ takenAt: manifest.takenAt, objects: manifest.objects.length },
    bytes: manifest.objects.reduce((sum, { size }) => sum + size, 0),
    encrypted: manifest.objects.every(({ packing }) => packing.includes('age')),
    ...(fault === undefined ? { verified: true, restored } : { fault }),
    kong: { ...(x === undefined ? {} : { x }), ...(y === undefined ? {} : { y }) },
    ...{ workflowId: manifest.workflowId, runId: manifest.runId },
  };
}

function faultOf({ objects }: FoundBackup, manifest: BackupManifest): string | undefined {
  const sizes = new Map(objects.map(({ key, size }) => [key, size]));
  const missing = manifest.objects.filter(({ key }) => !sizes.has(key));
  if (missing.length > 0) return `${plural(missing.length, 'object')} of ${manifest.objects.length} not there`;
  const other = manifest.objects.filter(({ key, size }) => sizes.get(key) !== size);
  return other.length > 0
    ? `${plural(other.length, 'object')} of ${manifest.objects.length} not of the size that was stored`
    : undefined;
}

/** Newest first. */
export const newestFirst = (rows: readonly BackupRow[]): BackupRow[] =>
  [...rows].sort((a, b) => b.takenAt.localeCompare(a.takenAt) || b.id.localeCompare(a.id));
