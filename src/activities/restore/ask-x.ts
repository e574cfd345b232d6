import type { CreateRunner } from '../../adapters/cluster/port.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { RestoreActivities } from '../contract.ts';
import { readState } from '../read-migrations.ts';

type AskX = RestoreActivities['askX'];

export const createAskX =
  ({ runner }: { runner: CreateRunner }): AskX =>
  async ({ cluster, database, names }) => {
    const list = `X's own \`kong migrations list\` (${cluster.version})`;
    if (cluster.runs.on !== 'local')
      return `${list} was not asked: X is run by commands of your own, and those know no other database`;
    // What the plan's environment says of the database must not count here.
    const env = {
      KONG_PG_HOST: database.host,
      KONG_PG_PORT: String(database.port),
      KONG_PG_DATABASE: names.restored,
    };
    const copy = { ...database, name: names.restored };
    const { state, new: unknown, pending } = await readState(runner(cluster, copy), cluster.version, env);
    if (state === 'clean') return `${list} calls it clean`;
    const which = [...unknown, ...pending].slice(0, 5).join(', ');
    throw new CrossfadeError(
      'NotCleanForX',
      `${list} says "${state}" of the restored database${which === '' ? '' : ` (${which})`}.`,
    );
  };
