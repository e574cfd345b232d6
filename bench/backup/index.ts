import { step } from '../../sandbox/log.ts';
import type { UpgradeRef } from '../../src/domain/upgrade.ts';
import type { Bench } from '../harness/bench.ts';
import { figure, type Figure } from '../harness/figure.ts';
import { measure, type Round, type Took } from './measure.ts';
import { startStand } from './stand.ts';

const upgrade: UpgradeRef = {
  cluster: 'bench',
  workflowId: 'kong/bench',
  runId: 'bench',
  startedAt: '2026-01-01T00:00:00.000Z',
};

const METHOD =
  'Databases of Kong 3.6.1 whose dumps have about so many megabytes before they are compressed: consumers, keys, OAuth 2.0 tokens, plugins ' +
  'with a large configuration, counters, certificates. In each round, one right after the other and beginning with another one each time, ' +
  'each in a process of its own: the activity of Crossfade (facts and fingerprint read beside it, stored and acknowledged by the S3 server); ' +
  'plain: `pg_dump -Fc` into a file, then the file to S3 by the same client; limit: `pg_dump -Fc -Z0` to nowhere. Then what Crossfade stored ' +
  'is restored into a scratch database, and so is the plain file by `pg_restore`; both create the database, neither drops it in that ' +
  'time. Ratios are within a round. Memory: the highest resident size of the process by the kernel, less that at the beginning.';

/** Megabytes, and how many rounds. */
const SIZES = [
  { megabytes: 10, rounds: 5 },
  { megabytes: 200, rounds: 3 },
  { megabytes: 2_000, rounds: 1 },
] as const;
const QUICK = [
  { megabytes: 10, rounds: 1 },
  { megabytes: 100, rounds: 1 },
] as const;

export const bench: Bench = {
  about:
    'a dump to S3 and back, of 10 MB, 200 MB and 2 GB: against pg_dump to a file and an upload, and against pg_dump alone',
  async run({ quick, print }) {
    const stand = await step(print, 'PostgreSQL and an S3 server', startStand);
    const rounds: Round[] = [];
    try {
      for (const { megabytes, rounds: many } of quick ? QUICK : SIZES) {
        const database = await step(print, `A database of ${megabytes} MB`, () => stand.makeDatabase(megabytes));
        const { s3, file, environment } = stand;
        rounds.push(...(await measure({ database, s3, upgrade, file }, megabytes, many, environment, print)));
        await stand.dropDatabase(database);
      }
    } finally {
      await stand.stop();
    }
    const sizes = [...new Set(rounds.map(({ megabytes }) => megabytes))];
    const of = (size: number) => rounds.filter(({ megabytes }) => megabytes === size);
    return {
      method: METHOD,
      figures: sizes.flatMap((size) => ours(size, of(size))),
      against: sizes.flatMap((size) => against(size, of(size))),
      runs: rounds,
    };
  },
};

const seconds = (rounds: readonly Round[], of: (round: Round) => Took) => rounds.map((round) => of(round).ms / 1_000);
const stored = (rounds: readonly Round[], of: (round: Round) => Took) =>
  rounds.map((round) => (of(round).bytes ?? 0) / 1e6);

function ours(size: number, rounds: readonly Round[]): Figure[] {
  const ratio = (of: (round: Round) => number) => rounds.map(of);
  const name = (text: string) => `${size} MB: ${text}`;
  return [
    figure({
      name: name('ratio to a file and an upload'),
      unit: '',
      values: ratio(({ crossfade, plain }) => crossfade.ms / plain.ms),
      atMost: 0.5,
    }),
    figure({
      name: name('ratio to pg_dump -Z0 to nowhere'),
      unit: '',
      values: ratio(({ crossfade, limit }) => crossfade.ms / limit.ms),
      atMost: 1.4,
    }),
    figure({
      name: name('ratio of the bytes stored'),
      unit: '',
      values: ratio(({ crossfade, plain }) => (crossfade.bytes ?? 0) / (plain.bytes ?? 1)),
      atMost: 1,
    }),
    figure({
      name: name('growth of memory, dump'),
      unit: 'MB',
      values: rounds.map(({ crossfade }) => crossfade.growthMB),
      take: 'max',
      atMost: 150,
    }),
    figure({
      name: name('restore, ratio to pg_restore'),
      unit: '',
      values: ratio(({ restore, plainRestore }) => restore.ms / plainRestore.ms),
      atMost: 1.1,
    }),
    figure({
      name: name('growth of memory, restore'),
      unit: 'MB',
      values: rounds.map(({ restore }) => restore.growthMB),
      take: 'max',
      atMost: 150,
    }),
    figure({ name: name('dump'), unit: 's', values: seconds(rounds, ({ crossfade }) => crossfade) }),
    figure({ name: name('restore'), unit: 's', values: seconds(rounds, ({ restore }) => restore) }),
    figure({ name: name('stored'), unit: 'MB', values: stored(rounds, ({ crossfade }) => crossfade) }),
  ];
}

const against = (size: number, rounds: readonly Round[]): Figure[] => [
  figure({ name: `${size} MB: file and upload`, unit: 's', values: seconds(rounds, ({ plain }) => plain) }),
  figure({ name: `${size} MB: pg_dump -Z0 to nowhere`, unit: 's', values: seconds(rounds, ({ limit }) => limit) }),
  figure({ name: `${size} MB: pg_restore`, unit: 's', values: seconds(rounds, ({ plainRestore }) => plainRestore) }),
  figure({ name: `${size} MB: stored`, unit: 'MB', values: stored(rounds, ({ plain }) => plain) }),
  figure({
    name: `${size} MB: before it is compressed`,
    unit: 'MB',
    values: rounds.map(({ content }) => content / 1e6),
  }),
];
