import { createHash } from 'node:crypto';
import type { KongHttp } from '../../adapters/kong/port.ts';
import type { ObjectStore } from '../../adapters/object-store/port.ts';
import type { PresentContent, RestoreLooks } from '../../adapters/postgres/restore-look.ts';
import type { DumpFacts } from '../../domain/backup.ts';
import type { SideAddresses } from '../../domain/plan/index.ts';
import { restoreObstacles, restoreRemarks, writtenSince, type RestoreLook } from '../../domain/restore/index.ts';
import { readManifest } from '../backup/documents.ts';
import type { RestoreActivities } from '../contract.ts';

export interface LookDeps {
  readonly http: Pick<KongHttp, 'answers'>;
  readonly store: Pick<ObjectStore, 'get'>;
  readonly looks: RestoreLooks;
}

type LookBeforeSwap = RestoreActivities['lookBeforeSwap'];

export const createLookBeforeSwap =
  ({ http, store, looks }: LookDeps): LookBeforeSwap =>
  async ({ database, x, y, names, workflowId, restored, s3, manifestKey }) => {
    const { database: facts } = await readManifest(store, s3, manifestKey);
    const [server, ofX, ofY] = await Promise.all([
      looks.server(database, names, facts?.tablesOwner ?? database.user, restored),
      answering(http, 'X', x),
      answering(http, 'Y', y),
    ]);
    const found =
      server.present === undefined
        ? undefined
        : await looks.present(database, restored === undefined ? undefined : names.restored);
    const all = {
      ...{ names, workflowId, taken: server.taken, sessions: server.sessions, lacks: server.lacks },
      answering: [...ofX, ...ofY],
      left: found?.left ?? { lockedOut: [] },
      user: database.user,
    };
    return {
      ...(server.present === undefined || found === undefined
        ? {}
        : { present: { ...server.present, ...content(found, facts) } }),
      obstacles: restoreObstacles(all),
      remarks: restoreRemarks(all),
    };
  };

async function answering(http: LookDeps['http'], side: string, { nodes }: SideAddresses): Promise<string[]> {
  const answers = await Promise.all(nodes.map((node) => http.answers(node)));
  return nodes.filter((_, index) => answers[index]).map(({ name, admin }) => `node ${name} of ${side} (${admin})`);
}

type Content = Omit<NonNullable<RestoreLook['present']>, 'oid' | 'bytes'>;

function content({ content: now, restored }: PresentContent, then: DumpFacts | undefined): Content {
  if ('unreadable' in now) return { mark: 'unreadable', notCompared: now.unreadable };
  const { rows, fingerprint, content: all } = now;
  const mark = createHash('sha256').update(JSON.stringify({ rows, fingerprint, all })).digest('hex').slice(0, 32);
  return then === undefined ? { mark } : { mark, written: writtenSince(then, now, restored) };
}
