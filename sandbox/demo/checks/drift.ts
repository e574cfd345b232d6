import { readFile } from 'node:fs/promises';
import { HIDDEN_VALUE } from '../drift.ts';
import { check, type Check, type Ended } from './check.ts';

/** What was done behind the guard's back was found before the next step, and told without a value. */
export async function checkDrift(ended: Ended): Promise<Check[]> {
  const { demo, end } = ended;
  if (!demo.scenario.drift) return [];
  const failures = end.timeline.filter(({ kind }) => kind === 'failure').map(({ text }) => text);
  return [
    await check('a change behind the guard was found before the next step, by type, id, name and field', async () => {
      const [row] = await demo.sandbox.postgres.query("SELECT id::text FROM services WHERE name = 'shop'");
      const wanted = `drift: the configuration was changed while it was frozen (before 50 %): services ${String(row?.['id'])} (shop) changed: connect_timeout`;
      return { holds: failures[0] === wanted, found: failures[0] ?? 'nothing' };
    }),
    await check('a guard that was switched off was found before the next step, and put back', async () => {
      const wanted =
        'drift: the guard is missing, disabled or changed on routes (found before 100 %); nothing was changed yet';
      return {
        holds: failures[1] === wanted && failures.length === 2,
        found: failures.slice(1).join('; ') || 'nothing',
      };
    }),
    await check('a person accepted each with a reason', async () => {
      const { accepted } = end.status;
      const holds =
        accepted.length === 2 &&
        accepted.every(({ finding, by, reason }) => finding === 'drift' && by === 'ann' && reason !== '');
      return { holds, found: accepted.map(({ finding, by, reason }) => `${finding} by ${by}: ${reason}`).join('; ') };
    }),
    await check('the value that was written is in no status, timeline or report', async () => {
      const { jsonFile = '', htmlFile = '' } = end.status.report ?? {};
      const told = [JSON.stringify(end), await readFile(jsonFile, 'utf8'), await readFile(htmlFile, 'utf8')].join('\n');
      return { holds: !told.includes(String(HIDDEN_VALUE)), found: `${told.length} characters searched` };
    }),
  ];
}
