import { nodesOfY, roleOfY } from '../../domain/plan/roles.ts';
import { plural } from '../../domain/plural.ts';
import { run } from '../proxies.ts';
import { dropRoleOfY, stopY } from '../undo-acts.ts';
import type { Upgrade } from '../upgrade.ts';

/** Prepares and checks the nodes of Y, and their role in the database. They are not started: Kong refuses to start before `up`. */
export async function deploy(u: Upgrade): Promise<string> {
  const { plan, acts, undos, journal } = u;
  const { database } = plan;
  const role = roleOfY(plan);
  if (role.own) {
    undos.register('dropRoleOfY', dropRoleOfY(u, role.role));
    journal.say(`making the role ${role.role} for Y`);
    await run(acts.roles.prepareRoleOfY, `Y logs on as ${role.role}`, { database, role: role.role });
    journal.note(
      'note',
      `Y's nodes log on to PostgreSQL as ${role.role}, which stays when the upgrade completes and is dropped when it is undone`,
    );
  } else {
    journal.note('note', `Y's nodes have no role of their own in PostgreSQL: ${role.why}`);
  }
  undos.register('stopY', stopY(u));
  const prepare = { side: 'y' as const, cluster: nodesOfY(plan), database };
  const nodes = await run(acts.nodesOfY.prepareNodes, 'prepare Y', prepare);
  return `${plural(nodes.length, 'node')} prepared${role.own ? `, role ${role.role} made` : ''}`;
}
