import { createRunner } from '../../../src/adapters/cluster/index.ts';
import { runCommand } from '../../../src/adapters/process/index.ts';
import { createSecrets } from '../../../src/adapters/secrets.ts';
import { check, isCompleted, servingSide, type Check, type Ended } from './check.ts';

const UP_TO_DATE = 0;
const PENDING = 4;

/** Writes work again, and the migrations are where they should be. */
export async function checkDatabase(ended: Ended): Promise<Check[]> {
  return [await freezeIsGone(ended), await writeWorks(ended), await migrations(ended)];
}

const freezeIsGone = ({ demo }: Ended) =>
  check('the freeze is gone from the database', async () => {
    const [row] = await demo.sandbox.postgres.query(`
      SELECT count(*)::int AS guards FROM pg_trigger t
        JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'crossfade'`);
    const guards = Number(row?.['guards']);
    return { holds: guards === 0, found: `${guards} guarded tables` };
  });

const writeWorks = (ended: Ended) =>
  check('the configuration can be written again', async () => {
    const side = servingSide(ended);
    const consumers = `${ended.demo.plan[side].nodes[0]?.admin}/consumers`;
    const headers = { 'content-type': 'application/json' };
    const created = await fetch(consumers, { method: 'POST', headers, body: '{"username":"after-the-upgrade"}' });
    await created.text();
    const deleted = await fetch(`${consumers}/after-the-upgrade`, { method: 'DELETE' });
    return {
      holds: created.status === 201 && deleted.status === 204,
      found: `through ${side.toUpperCase()}: ${created.status} for a new consumer, ${deleted.status} for its removal`,
    };
  });

const migrations = ({ demo, end }: Ended) => {
  const pending = !isCompleted(demo.scenario) && demo.scenario.leavesPending;
  const wanted = pending ? PENDING : UP_TO_DATE;
  return check(`the database is ${pending ? 'migrated, with pending migrations,' : 'up to date'} for Y`, async () => {
    const { y, database } = demo.plan;
    const secrets = createSecrets({ ...demo.secrets });
    const runner = createRunner({ secrets, run: runCommand, environment: process.env })(y, database);
    const { exitCode } = await runner.kong(['migrations', 'list'], { timeoutMs: 30_000 });
    const { before, after, afterUp, ran } = end.status.migrations;
    const counts = [before, afterUp, after].map((state) => state?.pending.length ?? '-').join(', ');
    const found = `\`kong migrations list\` ends with ${exitCode}; ${ran.length} migrations ran; pending before, after \`up\`, after \`finish\`: ${counts}`;
    return { holds: exitCode === wanted, found };
  });
};
