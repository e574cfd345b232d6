import type { Finding } from '../findings.ts';
import { sameVersion } from '../version.ts';
import { pass, refuse } from './finding.ts';

/** What was read from one node. A thing that could not be read is a reason. */
export interface NodeFacts {
  readonly name: string;
  readonly answers: boolean;
  readonly root?: { readonly version: string; readonly configuration: Readonly<Record<string, unknown>> };
  /** Why `root` is missing. */
  readonly unreadable?: string;
  /** Why the node is not ready. */
  readonly notReady?: string;
}

/** Every node of X can be reached, is ready and has the planned version. */
export function xReady(nodes: readonly NodeFacts[], version: string): Finding[] {
  const down = nodes.flatMap((node) => {
    const reason = node.unreadable ?? node.notReady;
    return reason === undefined ? [] : [`${node.name}: ${reason}`];
  });
  const other = nodes.flatMap(({ name, root }) =>
    root === undefined || sameVersion(root.version, version) ? [] : [`${name} is ${root.version}`],
  );
  const names = nodes.map(({ name }) => name).join(', ');
  return [
    down.length === 0
      ? pass('x-ready', `Every node of X is ready (${names}).`)
      : refuse(
          'x-ready',
          `Not every node of X is ready: ${down.join('; ')}.`,
          'Mend X first; it has to be able to take all traffic back.',
        ),
    other.length === 0
      ? pass('x-version', `Every node of X that answers is Kong ${version}.`)
      : refuse(
          'x-version',
          `X is not Kong ${version} everywhere: ${other.join('; ')}.`,
          'Correct x.version, or bring all nodes of X to one version.',
        ),
  ];
}

/** Nothing answers on Y's addresses; later, when Y may have been started by this upgrade, nothing but Y. */
export function yNotRunning(nodes: readonly NodeFacts[], version: string, mayRun: boolean): Finding {
  const rule = 'y-not-running';
  const wrong = nodes.flatMap(({ name, answers, root, unreadable }) => {
    if (!answers) return [];
    if (root === undefined) return [`something else answers at an address of ${name} (${unreadable})`];
    return mayRun && sameVersion(root.version, version) ? [] : [`${name} runs already (Kong ${root.version})`];
  });
  return wrong.length === 0
    ? pass(rule, "Y's addresses are free.")
    : refuse(rule, `${wrong.join('; ')}.`, 'Stop what runs there, or correct the addresses of Y in the plan.');
}

/** Traditional mode only. */
export function topology(nodes: readonly NodeFacts[]): Finding {
  const rule = 'topology';
  const hybrid = nodes.flatMap(({ name, root }) => {
    const role = root?.configuration['role'];
    return role === undefined || role === 'traditional' ? [] : [`${name} is a ${String(role).replace('_', ' ')}`];
  });
  return hybrid.length === 0
    ? pass(rule, 'X runs in traditional mode.')
    : refuse(
        rule,
        `${hybrid.join('; ')}: hybrid mode is not supported yet.`,
        'Upgrade hybrid installations in the way that Kong describes for them.',
      );
}
