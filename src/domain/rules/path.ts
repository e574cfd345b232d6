import type { Finding } from '../findings.ts';
import type { Plan } from '../plan/index.ts';
import { classifyPath, compareVersions, parseVersion, type KongVersion, type PathKind } from '../version.ts';
import { pass, refuse, warn } from './finding.ts';

const OLDEST: KongVersion = { major: 2, minor: 8, patch: 2, build: 0 };

const WORDS: Record<PathKind, string> = {
  patch: 'a patch upgrade, for which Kong advises blue-green',
  minor: 'to the next minor version',
  lts: 'from one long-term support version to the next',
  major: 'to another major version',
  'skips-minors': 'over minor versions that are left out',
  same: 'no upgrade: X has that version',
  downgrade: 'a downgrade, which Kong cannot do',
};

/** Whether the path is one that Kong advises, or one that the plan accepts by name with a reason. */
export function versionPath({ x, y, path }: Pick<Plan, 'x' | 'y' | 'path'>): Finding {
  const rule = 'version-path';
  const [from, to] = [parseVersion(x.version), parseVersion(y.version)];
  if (from === undefined || to === undefined)
    return refuse(rule, `${x.version} or ${y.version} is not a version of Kong.`, 'Correct the versions in the plan.');
  const what = `${x.version} to ${y.version} is`;
  if (compareVersions(from, OLDEST) < 0)
    return refuse(
      rule,
      `X has ${x.version}; Kong supports blue-green from 2.8.2 on.`,
      'Upgrade X to 2.8.2 or later first.',
    );
  const kind = classifyPath(from, to);
  if (kind === 'patch') return pass(rule, `${what} ${WORDS.patch}.`);
  if (kind === 'same' || kind === 'downgrade')
    return refuse(rule, `${what} ${WORDS[kind]}.`, 'Correct the versions in the plan.');
  if (path?.accept === kind)
    return warn(
      rule,
      `${what} ${WORDS[kind]}; the plan accepts it: ${path.reason}`,
      'Kong advises blue-green for patch upgrades only: a second database would be the safer way.',
    );
  return refuse(
    rule,
    `${what} ${WORDS[kind]}. Kong advises blue-green for patch upgrades only.`,
    `If that is known and wanted, accept it in the plan: path: { accept: ${kind}, reason: "..." }.`,
  );
}
