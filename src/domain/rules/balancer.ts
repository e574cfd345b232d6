import type { Finding } from '../findings.ts';
import type { Balancer } from '../traffic/balancers.ts';
import type { TrafficState } from '../traffic/state.ts';
import { pass, refuse, warn } from './finding.ts';

interface Prepared {
  /** Absent: any. */
  readonly weights?: readonly number[];
  /** Absent where it does not know single nodes. */
  readonly nodes?: Readonly<Record<'x' | 'y', readonly { readonly name: string }[]>>;
  /** What the plan needs and can't have here. */
  readonly lacks?: readonly string[];
}

const RULE = 'balancer';
const AGAIN = 'Prepare it again for this plan, as docs/traffic.md shows it for this kind of balancer.';

/** One balancer is prepared for this very plan, and X has all traffic. Everything that is not so, at once. */
export function balancerReady(at: Balancer, prepared: Prepared, now: TrafficState): Finding[] {
  const wrong = [...nodes(at, prepared), ...weights(at, prepared), ...traffic(at, now)];
  const lacks = (prepared.lacks ?? []).map((text) =>
    warn(RULE, `${at.name}: ${text}`, 'See docs/traffic.md for what each kind of balancer can do.'),
  );
  const open =
    now.testers === true
      ? [
          warn(
            RULE,
            `${at.name}: testers reach Y already.`,
            'It closes with this upgrade; nothing runs there until Y does.',
          ),
        ]
      : [];
  if (wrong.length > 0) return [...wrong, ...lacks, ...open];
  return [pass(RULE, `${at.name} is prepared for every step, and X has all traffic.`), ...lacks, ...open];
}

function nodes(at: Balancer, { nodes: known }: Prepared): Finding[] {
  if (known === undefined) return [];
  return (['x', 'y'] as const).flatMap((side) => {
    const there = known[side].map(({ name }) => name);
    const wanted = at.nodes[side];
    if (there.length === wanted.length && wanted.every((name) => there.includes(name))) return [];
    const found = there.length === 0 ? 'without any node' : `as ${there.join(', ')}`;
    return [refuse(RULE, `${at.name} knows ${side.toUpperCase()} ${found}; the plan has ${wanted.join(', ')}.`, AGAIN)];
  });
}

function weights(at: Balancer, { weights: possible }: Prepared): Finding[] {
  if (possible === undefined) return [];
  const missing = at.weights.filter((weight) => !possible.includes(weight));
  if (missing.length === 0) return [];
  const can = possible.filter((weight) => weight !== 0).join(', ');
  return [refuse(RULE, `${at.name} can't make ${missing.join(', ')} %; it can make ${can} %.`, AGAIN)];
}

function traffic(at: Balancer, { weight, out, by }: TrafficState): Finding[] {
  const wrong = [
    ...(weight === 0 ? [] : [`Y gets ${weight} % already`]),
    ...(out.length === 0 ? [] : [`these nodes are out: ${out.join(', ')}`]),
  ];
  if (wrong.length === 0) return [];
  const who = by === undefined ? '' : ` (set by run ${by})`;
  return [
    refuse(
      RULE,
      `${at.name}: ${wrong.join(', and ')}${who}.`,
      'Start `rollbackUpgrade` with the plan of the upgrade that was left like this.',
    ),
  ];
}
