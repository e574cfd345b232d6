/** A Kong Gateway version. Enterprise versions have four numbers (`3.4.3.5`); the fourth counts as part of the patch. */
export interface KongVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  readonly build: number;
}

const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:\.(\d+))?(?:-enterprise-edition)?$/;

export function parseVersion(text: string): KongVersion | undefined {
  const match = VERSION.exec(text);
  if (match === null) return undefined;
  const [, major, minor, patch, build] = match;
  return { major: Number(major), minor: Number(minor), patch: Number(patch), build: Number(build ?? 0) };
}

/** Enterprise's versions have four numbers. */
export const isEnterprise = (text: string): boolean => /^\d+(?:\.\d+){3}/.test(text);

export function compareVersions(a: KongVersion, b: KongVersion): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch || a.build - b.build;
}

/**
 * The kind of step from X to Y. Kong advises blue-green for `patch` only; its guaranteed paths are `patch`, the next
 * `minor`, and from one long-term support version to the next (`lts`).
 */
export type PathKind = 'patch' | 'minor' | 'lts' | 'major' | 'skips-minors' | 'same' | 'downgrade';

// Kong's long-term support versions, in order (developer.konghq.com, "version support policy").
const LTS = ['2.8', '3.4', '3.10'];

export function classifyPath(x: KongVersion, y: KongVersion): PathKind {
  const order = compareVersions(x, y);
  if (order === 0) return 'same';
  if (order > 0) return 'downgrade';
  if (x.major === y.major && x.minor === y.minor) return 'patch';
  if (x.major === y.major && y.minor === x.minor + 1) return 'minor';
  const from = LTS.indexOf(`${x.major}.${x.minor}`);
  if (from >= 0 && LTS[from + 1] === `${y.major}.${y.minor}`) return 'lts';
  return x.major === y.major ? 'skips-minors' : 'major';
}

/** Whether two texts name the same version; that of an Admin API may have a suffix. */
export function sameVersion(a: string, b: string): boolean {
  const [one, other] = [parseVersion(a), parseVersion(b)];
  return one !== undefined && other !== undefined && compareVersions(one, other) === 0;
}
