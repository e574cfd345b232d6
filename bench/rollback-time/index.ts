import { fileURLToPath } from 'node:url';
import { makeFolder, removeFolder } from '../../sandbox/folder.ts';
import { endRecorded } from '../../sandbox/processes.ts';
import { step, type Print } from '../../sandbox/log.ts';
import type { Bench } from '../harness/bench.ts';
import { figure, type Figure } from '../harness/figure.ts';
import { whenInterrupted } from '../support/interrupted.ts';
import { BALANCERS } from '../shift/arms.ts';
import { setUpStand as setUpBalancers } from '../shift/stand.ts';
import { measureBalancer } from './balancers.ts';
import { measureCommand } from './command.ts';
import { measurePowerdns, measureRfc2136, TTL } from './dns.ts';
import { measureKubernetes } from './kubernetes.ts';
import type { Measured } from './rollback.ts';
import { measureRoute53 } from './route53.ts';
import { measureRetreats, type Retreat } from './workflow.ts';

const DIR = fileURLToPath(new URL('../../.sandbox/bench-rollback-drivers', import.meta.url));

const METHOD =
  'From the call that sets 0 % on Y. nginx and HAProxy: real ones under 70 % of what they can serve (clients and nodes as of the bench `shift`), from 5, 25, 50 and 100 % ' +
  'in turn, until the last request that begins on Y, by the clock of the node. DNS: from 100 %, until the last question that the authoritative server ' +
  `answers with an address of Y, with a TTL of ${TTL} s; apart from that until 40 clients that keep an answer for its TTL use Y no more. The others: until the driver has read the ` +
  'change back. Through the workflow: an upgrade of the demo whose Y answers 20 % errors, from the event in which the failed watch is told to the server to the event that has the read-back of 0 %.';

export const bench: Bench = {
  about: 'from the verdict to no new request on Y, by each driver and through the workflow',
  async run({ quick, print }) {
    const [many, few] = quick ? [4, 2] : [20, 5];
    const left: string[] = [];
    const balancers = await measureBalancers(many, print);
    const measured: Measured[] = balancers.filter(({ name }) => !name.includes('reload'));
    await makeFolder(DIR);
    const over = whenInterrupted(() => endRecorded(DIR));
    const drivers: readonly (readonly [string, () => Promise<Measured | readonly Measured[]>])[] = [
      ['PowerDNS', () => measurePowerdns(DIR, few)],
      ['RFC 2136 by BIND', () => measureRfc2136(DIR, few)],
      ['Route 53 by moto', () => measureRoute53(DIR, many)],
      ['Kubernetes', () => measureKubernetes(DIR, many)],
      ["a user's own program", () => measureCommand(DIR, many)],
    ];
    try {
      for (const [name, measure] of drivers) {
        const found = await orLeftOut(name, measure, left, print);
        if (found !== undefined) measured.push(...[found].flat());
      }
    } finally {
      await removeFolder(DIR);
      over();
    }
    const retreats = await step(print, 'Through the workflow', () => measureRetreats(quick ? 1 : 3, print));
    const byReload = balancers.filter(({ name }) => name.includes('reload'));
    return {
      method: METHOD,
      figures: [...throughWorkflow(retreats), ...measured.flatMap(figuresOf)],
      against: byReload.flatMap(figuresOf),
      runs: [...measured, ...byReload, ...retreats],
      notes: [...balancers.map(lost), ...NOTES, ...left],
    };
  },
};

const NOTES = [
  'DNS: with a TTL of T clients that keep answers go on to Y for up to T seconds; some keep them for longer. The TTL of the plan is 30 s unless it says otherwise.',
  'Route 53: moto has a change in force at once; the real one takes up to a minute until all its servers have it, and then the TTL counts.',
  'Kubernetes: the API server alone; what a controller takes to pass a change on to its proxies comes on top.',
  'The program of the examples writes a file; what Traefik takes to read it comes on top.',
];

async function measureBalancers(count: number, print: Print) {
  const stand = await setUpBalancers('rollback-balancers');
  const measured = [];
  try {
    for (const balancer of BALANCERS)
      for (const arm of ['crossfade', 'reload'] as const)
        measured.push(await step(print, `${balancer}, ${arm}`, () => measureBalancer(stand, [balancer, arm], count)));
  } finally {
    await stand.stop();
  }
  return measured;
}

/** A server that can't be had here leaves its row out, and says so. */
async function orLeftOut<T>(
  name: string,
  measure: () => Promise<T>,
  left: string[],
  print: Print,
): Promise<T | undefined> {
  try {
    return await step(print, name, measure);
  } catch (error) {
    left.push(`${name}: left out. ${(error as Error).message}`);
    return undefined;
  }
}

function figuresOf({ name, lastOnYIs, rollbacks }: Measured): Figure[] {
  const values = (of: 'readBack' | 'lastOnY' | 'cached') => rollbacks.flatMap((one) => one[of] ?? []);
  const ms = (what: string, of: 'readBack' | 'lastOnY' | 'cached') =>
    values(of).length === 0 ? [] : [figure({ name: `${name}: ${what}`, unit: 'ms', values: values(of) })];
  return [
    ...ms(lastOnYIs ?? '', 'lastOnY'),
    ...ms(`clients that keep answers for ${TTL} s leave Y`, 'cached'),
    ...ms('set and read back', 'readBack'),
  ];
}

const throughWorkflow = (retreats: readonly Retreat[]): Figure[] => [
  figure({ name: 'workflow: verdict to read-back of 0 %', unit: 'ms', values: retreats.map((one) => one.toReadBack) }),
  figure({
    name: 'workflow: verdict to the beginning of the change',
    unit: 'ms',
    values: retreats.map((one) => one.toSet),
  }),
];

const lost = ({ name, failed, requests }: { name: string; failed: number; requests: number }): string =>
  `${name}: ${failed} of ${requests.toLocaleString('en-US')} requests failed in these rollbacks.`;
