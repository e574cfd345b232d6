import { roleOfY } from '../../../src/domain/plan/roles.ts';
import { check, servingSide, type Check, type Ended } from './check.ts';

/** Whose nodes are connected to the database is seen by their roles. */
export async function checkSessions(ended: Ended): Promise<Check[]> {
  const { demo } = ended;
  const serving = servingSide(ended);
  const ofY = roleOfY(demo.plan);
  const own = ofY.own ? ofY.role : '';
  const wanted = serving === 'y' ? own : demo.plan.database.user;
  const query = (sql: string) => demo.sandbox.postgres.query(sql);
  return [
    await check(
      `only ${serving.toUpperCase()}'s nodes have sessions in the database, by their role ${wanted}`,
      async () => {
        const rows = await query(
          `SELECT usename::text AS role, count(*)::int AS sessions FROM pg_stat_activity
          WHERE datname = current_database() AND application_name = 'kong' GROUP BY 1 ORDER BY 1`,
        );
        const found = rows.map(({ role, sessions }) => `${String(sessions)} of ${String(role)}`).join(', ');
        return { holds: rows.length === 1 && rows[0]?.['role'] === wanted, found };
      },
    ),
    await check("X's role may log on again", async () => {
      const rows = await query(`SELECT rolcanlogin AS may FROM pg_roles WHERE rolname = '${demo.plan.database.user}'`);
      const may = rows[0]?.['may'] === true;
      return { holds: may, found: may ? 'it may' : 'it is still locked out' };
    }),
    await check(`Y's own role ${serving === 'y' ? 'is kept' : 'is gone again'}`, async () => {
      const rows = await query(`SELECT rolname::text AS role FROM pg_roles WHERE rolname LIKE '%kong%' ORDER BY 1`);
      const names = rows.map(({ role }) => String(role));
      return { holds: names.includes(own) === (serving === 'y'), found: names.join(', ') };
    }),
  ];
}
