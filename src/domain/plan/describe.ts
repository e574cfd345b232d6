import { formatDuration } from '../duration.ts';
import { PHASES } from '../names.ts';
import { entriesOf } from '../traffic/balancers.ts';
import { classifyPath, parseVersion } from '../version.ts';
import type { Side } from './cluster.ts';
import { describeFreeze } from './describe-freeze.ts';
import { describeMigrations } from './describe-migrations.ts';
import { describePlace } from './describe-entry.ts';
import { DESCRIBE } from './describe-phases.ts';
import { describeTraffic } from './describe-traffic.ts';
import type { Plan } from './schema.ts';

/** A plan in words: what it is about, every phase, gate, limit and guardrail in order, and what it costs. Nothing is run. */
export function describePlan(plan: Plan): string {
  const width = Math.max(...PHASES.map((name) => name.length));
  const phases = PHASES.flatMap((name, index) =>
    DESCRIBE[name](plan).map(({ kind, text }, line) => {
      const head = line === 0 ? `${String(index + 1).padStart(2)} ${name.padEnd(width)}` : ' '.repeat(width + 3);
      return `${head}  ${kind === 'gate' ? '◆' : '·'} ${text}`;
    }),
  );
  return [
    `${plan.cluster}: Kong ${plan.x.version} → ${plan.y.version}`,
    ...indent(about(plan)),
    '',
    'Phases',
    ...phases,
    '',
    'Traffic',
    ...indent(describeTraffic(plan)),
    '',
    'Migrations',
    ...indent(describeMigrations(plan)),
    '',
    'Freeze',
    ...indent(describeFreeze(plan)),
    '',
    'What makes a verdict fail',
    ...indent(limits(plan)),
    '',
    'Before `finish` all of this must be true, read back',
    ...indent(GUARDRAILS.map((text) => `· ${text}`)),
    '',
    'When something is wrong',
    ...indent(trouble(plan)),
    '',
  ].join('\n');
}

const indent = (lines: readonly string[]): string[] => lines.map((line) => `   ${line}`);

function about(plan: Plan): string[] {
  const { x, y, database, rehearsed } = plan;
  const rehearsal =
    rehearsed === undefined
      ? 'none named'
      : 'workflow' in rehearsed
        ? rehearsed.workflow
        : `waived by ${rehearsed.waiver.by}: “${rehearsed.waiver.reason}”`;
  const admin =
    database.admin === undefined
      ? 'no admin role: no scratch databases, no role of its own for migrations'
      : `admin role ${database.admin.user}`;
  return [
    `path       ${describePath(plan)}`,
    `rehearsal  ${rehearsal}`,
    `X          ${describeSide(x)}`,
    `Y          ${describeSide(y)}`,
    `database   ${database.name} on ${database.host}:${database.port} as ${database.user}; ${admin}`,
    `traffic    ${entriesOf(plan.traffic).map(describePlace).join('; ')}`,
  ];
}

function describePath({ x, y, path }: Plan): string {
  const [from, to] = [parseVersion(x.version), parseVersion(y.version)];
  const kind = from && to ? classifyPath(from, to) : 'unknown';
  if (kind === 'patch') return 'patch: what Kong advises blue-green for';
  const accepted =
    path?.accept === kind ? `accepted: “${path.reason}”` : 'NOT accepted in the plan: preflight refuses it';
  return `${kind}: Kong advises blue-green for patch versions only; ${accepted}`;
}

function describeSide({ version, nodes, runs }: Side): string {
  const how = runs.on === 'local' ? 'kong on' : 'your commands, from';
  return `${version}: ${nodes.map((node) => node.name).join(', ')}; ${how} ${runs.host}`;
}

function limits({ verdict }: Plan): string[] {
  const { errorRatio, unmatchedRatio, latencyP99 } = verdict;
  const points = (ratio: number): string => `${Number((ratio * 100).toFixed(3))} %`;
  return [
    `· answers with 5xx: more than ${points(errorRatio.max)} on Y, or ${points(errorRatio.worse)} more than on X`,
    `· requests without a route: more than ${points(unmatchedRatio.max)} on Y, or ${points(unmatchedRatio.worse)} more than on X`,
    `· latency, 99th percentile: more than ${latencyP99.max} ms on Y, or ${latencyP99.factor} times X's and ${latencyP99.plus} ms above it`,
    `read every ${formatDuration(verdict.every)}; ${verdict.failures} in a row are a failure. No verdict is no pass: the bake is extended by up to ${formatDuration(verdict.extend)}, then it holds`,
  ];
}

const GUARDRAILS = [
  '100 % of the traffic is on Y, no node is out of the balancer',
  'no request but our own reaches X',
  'the configuration is what it was at the last baseline',
  'no node that the plan does not know is connected to the database, and sessions of X can be told from those of Y',
  'the gate `finish` is approved',
  'the backup is verified and its objects are there',
  'the last verdict is a pass',
  'after X was stopped: no node of X answers, no session of X is left in the database',
];

function trouble({ onFailure }: Plan): string[] {
  const expires = formatDuration(onFailure.expires);
  return [
    '1. all traffic goes back to X, at once and in one go',
    onFailure.then === 'hold'
      ? `2. it holds for up to ${expires}: the freeze stays, Y stays up without traffic; a person answers retry or abandon`
      : '2. it undoes everything at once (onFailure: unwind)',
    '3. undoing: Y is stopped, the freeze is lifted. After the seal of `finish` there is no way back',
  ];
}
