import { formatDuration } from '../duration.ts';
import { rehearsalIsWaived } from '../migrations/index.ts';
import type { PhaseName } from '../names.ts';
import type { Side } from './cluster.ts';
import { describeBackup, describeRetention } from './describe-backup.ts';
import { roleOfY } from './roles.ts';
import { joined } from './sentences.ts';
import type { Gate } from './safety.ts';
import type { Plan } from './schema.ts';
import { plural } from '../plural.ts';
import { entriesOf } from '../traffic/balancers.ts';
import { canTakeNodesOut, testersOf } from '../traffic/entry-abilities.ts';

/** One line of what a phase does; `gate` lines stand out. */
export interface PhaseLine {
  readonly kind: 'does' | 'gate';
  readonly text: string;
}

const does = (text: string): PhaseLine => ({ kind: 'does', text });

const NOTHING_CHANGED = 'it ends, nothing was changed';
const BACK = 'all traffic back to X, then it holds';
const KEPT = 'X is kept, stopped';

const names = ({ nodes }: Side): string => nodes.map((node) => node.name).join(', ');

/** What each phase does, in order, with the plan's own figures. */
export const DESCRIBE: Record<PhaseName, (plan: Plan) => PhaseLine[]> = {
  preflight: (plan) => [
    does('checks version path, topology, migrations, nodes, connections, metrics; changes nothing'),
    does(`runs ${plural(plan.stage.tests.length, 'test')} on X, which must pass`),
    ...gateLines('start', plan.gates.start, { no: NOTHING_CHANGED, nobody: NOTHING_CHANGED }),
  ],
  freeze: ({ freeze }) => [
    ...freeze.before.map((command) => does(`runs your command: ${command.join(' ')}`)),
    ...freeze.idleWriters.map(({ tag, reason }) =>
      does(`leaves the writer of entities tagged ${tag} as it is: “${reason}”`),
    ),
    does(
      `waits up to ${formatDuration(freeze.quietWithin)} for ${formatDuration(freeze.quiet)} without a configuration write`,
    ),
    does('installs the guard in the database, proves that writes are refused, takes a fingerprint'),
  ],
  backup: (plan) => describeBackup(plan).map(does),
  deploy: (plan) => [
    does(describeRole(plan)),
    does(`prepares and checks the nodes of Y (${names(plan.y)}) without starting them`),
  ],
  migrate: ({ x, y, migrations, traffic }) => [
    does(`kong migrations up with ${y.version}; X (${x.version}) goes on serving and is tested again`),
    ...(migrations.restartX && x.nodes.length > 1 && entriesOf(traffic).every(canTakeNodesOut)
      ? [does(`restarts ${x.nodes.at(-1)?.name}, out of the balancer, and tests it: the rest of X carries everything`)]
      : []),
    does(`starts ${names(y)}, without traffic; both sides must show the same entities`),
  ],
  stage: ({ stage, y, traffic }) => [
    does(`runs ${plural(stage.tests.length, 'test')} on each of ${plural(y.nodes.length, 'node')} of Y`),
    does(`compares ${plural(stage.compare.length, 'answer')} of X and Y`),
    ...(entriesOf(traffic).some(testersOf) ? [does('lets testers through to Y')] : []),
  ],
  shift: describeShift,
  finish: (plan) => [
    ...(plan.backup.beforeFinish
      ? [does('dumps the database once more, where something is pending')]
      : [does('no second backup: the plan turns it off')]),
    does(
      rehearsalIsWaived(plan.migrations.accept)
        ? 'does not rehearse `finish` on a copy: the plan does without'
        : 'rehearses `finish` on a copy of the database, where something is pending',
    ),
    ...gateLines('finish', plan.gates.finish, { no: BACK, nobody: 'it holds, the traffic stays on Y' }),
    does(`stops X (${names(plan.x)}, draining up to ${formatDuration(plan.traffic.drain)}), keeps it; writes the seal`),
    ...(plan.sessions.lockOutX
      ? [does("takes the log-on from X's role in PostgreSQL until the upgrade has ended")]
      : []),
    does(`kong migrations finish; then ${names(plan.y)} one by one ${describeRefresh(plan)}`),
    does('without the seal within 60 s, X is started again'),
  ],
  thaw: ({ freeze }) => [
    does('lifts the freeze and proves that a configuration write works'),
    ...freeze.after.map((command) => does(`runs your command: ${command.join(' ')}`)),
  ],
  watch: ({ watch }) => [
    does(watch === 0 ? 'nothing: the plan turns it off' : `watches Y for ${formatDuration(watch)}`),
  ],
  decommission: (plan) => [
    does(`keeps X, stopped, for ${formatDuration(plan.keep)}`),
    ...gateLines('decommission', plan.gates.decommission, { no: KEPT, nobody: KEPT }),
    does(`removes ${names(plan.x)}`),
    ...describeRetention(plan).map(does),
  ],
};

function describeRole(plan: Plan): string {
  const role = roleOfY(plan);
  return role.own
    ? `makes the role ${role.role} in PostgreSQL, by which the nodes of Y log on; it stays when the upgrade completes`
    : `Y gets no role of its own in PostgreSQL: ${role.why}`;
}

function describeRefresh({ y, migrations, traffic }: Plan): string {
  const out = entriesOf(traffic).filter(canTakeNodesOut);
  if (out.length === 0) return 'reloaded with their traffic on them, and tested';
  const everywhere = out.length === entriesOf(traffic).length;
  const restarts = everywhere && migrations.restartY && y.nodes.length > 1;
  const where = everywhere ? 'the balancer' : joined(out.map((entry) => entry.name ?? entry.via));
  return `out of ${where}, reloaded${restarts ? ' (the first one restarted)' : ''}, tested, back in`;
}

function describeShift(plan: Plan): PhaseLine[] {
  const { traffic, verdict, gates } = plan;
  return [
    does(
      `by ${joined(entriesOf(traffic).map((entry) => entry.name ?? entry.via))}; after each step the share that really arrives is measured`,
    ),
    ...traffic.steps.flatMap(({ y, bake, approve }) => [
      ...gateLines(`shift:${y}`, approve && gates.shift, { no: BACK, nobody: BACK }),
      does(
        `${String(y).padStart(3)} % on Y, watched for ${formatDuration(bake)}${needed(y, bake, verdict.minRequests)}`,
      ),
    ]),
  ];
}

/** Too little traffic for a verdict is what people find out too late. */
function needed(y: number, bake: number, requests: number): string {
  if (bake === 0) return '';
  const perSecond = requests / (y / 100) / (bake / 1_000);
  // Rounded up: fewer are not enough.
  const rate = perSecond >= 10 ? Math.ceil(perSecond) : Math.ceil(perSecond * 10) / 10;
  return ` (a verdict needs ${requests} requests on Y: ${rate}/s on both together)`;
}

interface Answers {
  readonly no: string;
  readonly nobody: string;
}

function gateLines(name: string, gate: Gate | false, { no, nobody }: Answers): PhaseLine[] {
  if (gate === false) return [];
  const { approvers, quorum, expires } = gate;
  const who = approvers.length === 0 ? 'anybody but who started it' : approvers.join(', ');
  const text = `gate ${name}: ${plural(quorum, 'approval')} by ${who}, within ${formatDuration(expires)}`;
  const end = no === nobody ? `else: ${no}` : `a no: ${no}; no answer: ${nobody}`;
  return [{ kind: 'gate', text: `${text}; ${end}` }];
}
