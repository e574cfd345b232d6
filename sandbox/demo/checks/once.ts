import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PHASES_WITH_CRASH } from '../crashes.ts';
import { FAULTY_FROM } from '../scenarios.ts';
import { check, type Check, type Ended } from './check.ts';

/** Nothing was done twice, whatever happened to the worker. */
export async function checkOnce(ended: Ended): Promise<Check[]> {
  const { killWorker } = ended.demo.scenario;
  return [
    await eachMigrationOnce(ended),
    await eachWeightOnce(ended),
    await eachNodeOnce(ended),
    await oneBackup(ended),
    ...(killWorker ? [await crashedEverywhere(ended)] : []),
  ];
}

const eachMigrationOnce = ({ demo }: Ended) =>
  check('no migration is recorded twice', async () => {
    const rows = await demo.sandbox.postgres.query('SELECT subsystem, executed FROM schema_meta');
    const names = rows.flatMap(({ subsystem, executed }) =>
      ((executed ?? []) as string[]).map((name) => `${String(subsystem)}/${name}`),
    );
    const twice = names.filter((name, index) => names.indexOf(name) !== index);
    return {
      holds: names.length > 0 && twice.length === 0,
      found: [`${names.length} migrations`, ...twice].join(', '),
    };
  });

const eachWeightOnce = ({ demo, end }: Ended) => {
  const steps = demo.plan.traffic.steps.map(({ y }) => y);
  const until = steps.slice(0, steps.indexOf(FAULTY_FROM) + 1);
  const { faultyY, answer, drift } = demo.scenario;
  // Held with the traffic where it is, an upgrade goes on at the same step.
  const twice = steps.flatMap((y) => (y === 25 || y === 50 ? [y, y] : [y]));
  const straight = drift ? twice : steps;
  const wanted = faultyY ? [...until, 0, ...(answer === 'retry' ? steps : [])] : straight;
  return check(`the traffic went ${wanted.join(', ')} % to Y`, async () => {
    const found = end.status.traffic.weights.map(({ weight }) => weight).join(', ');
    return { holds: found === wanted.join(', '), found };
  });
};

/** One node of X is restarted after `up`. */
const eachNodeOnce = ({ nodeStarts, demo }: Ended) => {
  const restarted = demo.plan.x.nodes.at(-1)?.name;
  return check(`every node was started once, and ${restarted} once more after \`up\``, async () => {
    const counts = Object.entries(nodeStarts);
    const holds = counts.every(([name, count]) => count === (name === restarted ? 2 : 1));
    return { holds, found: counts.map((one) => one.join(': ')).join(', ') };
  });
};

const oneBackup = ({ demo, end }: Ended) =>
  check('each backup was taken once, read back and restored for a test', async () => {
    const { backups } = end.status;
    const bucket = join(demo.places.dir, 's3', 'objects', demo.sandbox.bucket);
    const files = await readdir(bucket, { recursive: true });
    const manifests = files.filter((name) => name.endsWith('manifest.json')).length;
    const good = backups.filter(({ verified, restored }) => verified && restored).length;
    return {
      holds: good === backups.length && manifests === backups.length && backups[0]?.label === 'before',
      found: `${backups.map(({ label }) => label).join(', ')}: ${manifests} in S3, ${good} restored`,
    };
  });

const crashedEverywhere = ({ crashes, demo, end }: Ended) =>
  check('the worker was killed once in every phase', async () => {
    const within = crashes.filter(({ phase, at }) => {
      const { startedAt = '', endedAt = '' } = end.status.phases.find(({ name }) => name === phase) ?? {};
      return at >= startedAt && at <= endedAt;
    });
    return {
      holds: within.length === PHASES_WITH_CRASH.length && demo.worker.restarts === within.length,
      found: `${within.map(({ phase }) => phase).join(', ')}; ${demo.worker.restarts} restarts`,
    };
  });
