import { step } from '../../sandbox/log.ts';
import type { UpgradeRef } from '../../src/domain/upgrade.ts';
import type { Bench } from '../harness/bench.ts';
import { figure, type Figure } from '../harness/figure.ts';
import { medianInterval } from '../harness/statistics.ts';
import { consumersOf } from './content.ts';
import { setUpDatabase } from './database.ts';
import { measureFingerprints, type MeasuredFingerprints } from './fingerprint.ts';
import { measureGuard, type GuardRound } from './guard.ts';

const upgrade: UpgradeRef = {
  cluster: 'bench',
  workflowId: 'kong/bench',
  runId: 'bench',
  startedAt: '2026-01-01T00:00:00.000Z',
};

const method = (entities: string): string =>
  `A database of Kong 3.6.1 with ${entities} entities (2 % services, 8 % routes, 40 % consumers, 40 % key-auth credentials, 10 % plugins ` +
  `with a nested configuration) and the ${entities} rows that Kong keeps in their table of tags. ` +
  'Fingerprint: in each round, on a new ' +
  'connection each and in alternating order, `SELECT count(*), sum(length(t::text))` of every configuration table, the fingerprint ' +
  '(connecting and reading the schema included), and the comparison with a baseline that nothing differs from; the ratios are of the ' +
  'same round. Guard: pgbench keeps 200 connections busy without a pause (a key and a consumer looked up, a rate-limiting counter ' +
  'raised, one transaction each); in between, after 3 s of rest each, the guard is installed, proved and lifted, each on a new ' +
  'connection. The p99 is of the rounds of these connections that began meanwhile.';

export const bench: Bench = {
  about: 'fingerprint of 1,000,000 entities against a plain read; guard installed while 200 connections are busy',
  async run({ quick, print }) {
    const entities = quick ? 50_000 : 1_000_000;
    const large = await step(print, `A database of Kong with ${entities} entities`, () => setUpDatabase(entities));
    try {
      const fingerprints = await measureFingerprints(large, upgrade, quick ? 3 : 11, print);
      const consumers = consumersOf(entities);
      const rounds = await measureGuard(large, upgrade, { rounds: quick ? 2 : 7, consumers, print });
      return {
        method: method(entities.toLocaleString('en-US')),
        figures: [...ofFingerprints(fingerprints), ...ofGuard(rounds)],
        against: against(fingerprints, rounds),
        runs: [fingerprints, ...rounds],
        notes: notes(fingerprints),
      };
    } finally {
      await large.stop();
    }
  },
};

const ratios = ({ rounds }: MeasuredFingerprints, of: 'computeMs' | 'driftMs') =>
  rounds.map((round) => round[of] / round.plainMs);

function ofFingerprints(measured: MeasuredFingerprints): Figure[] {
  const { rounds, baselineMs } = measured;
  const seconds = (of: 'computeMs' | 'driftMs') => rounds.map((round) => round[of] / 1_000);
  return [
    figure({
      name: 'fingerprint: ratio to a plain read',
      unit: '',
      values: ratios(measured, 'computeMs'),
      atMost: 1.5,
    }),
    figure({ name: 'fingerprint', unit: 's', values: seconds('computeMs') }),
    figure({ name: 'comparison, nothing changed: ratio', unit: '', values: ratios(measured, 'driftMs'), atMost: 1.5 }),
    figure({ name: 'comparison, nothing changed', unit: 's', values: seconds('driftMs') }),
    figure({ name: 'taking a baseline', unit: 's', values: [baselineMs / 1_000] }),
  ];
}

function ofGuard(rounds: readonly GuardRound[]): Figure[] {
  const values = (of: (round: GuardRound) => number) => rounds.map(of);
  return [
    figure({
      name: 'guard installed on all tables, longest',
      unit: 'ms',
      values: values(({ installMs }) => installMs),
      take: 'max',
      atMost: 1_000,
    }),
    figure({ name: 'guard proved on all tables', unit: 'ms', values: values(({ proofMs }) => proofMs) }),
    figure({ name: 'guard lifted, all triggers removed', unit: 'ms', values: values(({ thawMs }) => thawMs) }),
    figure({ name: 'p99 of busy connections, installing', unit: 'ms', values: values(({ install }) => install.p99Ms) }),
    figure({ name: 'p99 of busy connections, lifting', unit: 'ms', values: values(({ thaw }) => thaw.p99Ms) }),
    figure({
      name: 'longest round of a busy connection, installing',
      unit: 'ms',
      values: values(({ install }) => install.longestMs),
      take: 'max',
    }),
    figure({
      name: 'longest round of a busy connection, lifting',
      unit: 'ms',
      values: values(({ thaw }) => thaw.longestMs),
      take: 'max',
    }),
  ];
}

const against = (measured: MeasuredFingerprints, rounds: readonly GuardRound[]): Figure[] => [
  figure({ name: 'plain read', unit: 's', values: measured.rounds.map(({ plainMs }) => plainMs / 1_000) }),
  figure({ name: 'p99 of busy connections, at rest', unit: 'ms', values: rounds.map(({ rest }) => rest.p99Ms) }),
  figure({
    name: 'longest round of a busy connection, at rest',
    unit: 'ms',
    values: rounds.map(({ rest }) => rest.longestMs),
    take: 'max',
  }),
];

function notes(measured: MeasuredFingerprints): string[] {
  const interval = (of: 'computeMs' | 'driftMs') =>
    medianInterval(ratios(measured, of))
      .map((end) => end.toFixed(2))
      .join(' to ');
  return [
    `${measured.rows} rows, ${Math.round(measured.bytes / 1e6)} MB as text.`,
    `95 % interval of the median ratio: fingerprint ${interval('computeMs')}, comparison ${interval('driftMs')}.`,
  ];
}
