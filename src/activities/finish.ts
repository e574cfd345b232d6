import { sleep } from '@temporalio/activity';
import type { KongHttp } from '../adapters/kong/port.ts';
import type { Metrics } from '../adapters/metrics/port.ts';
import type { Fingerprints } from '../adapters/postgres/fingerprint.ts';
import type { ReadSessions } from '../adapters/postgres/sessions.ts';
import type { BackupManifest } from '../domain/backup.ts';
import type { S3Ref, SideAddresses } from '../domain/plan/index.ts';
import { sessionsOfX, strangersAmong } from '../domain/sessions.ts';
import type { FinishActivities } from './contract.ts';
import { poll } from './poll.ts';
import { rehearseFinish, type RehearseDeps } from './rehearse-finish.ts';

export interface FinishDeps extends RehearseDeps {
  readonly metrics: Metrics;
  readonly fingerprints: Pick<Fingerprints, 'drift'>;
  readonly sessions: ReadSessions;
}

type RehearsalAndFacts = Pick<FinishActivities, 'rehearseFinish' | 'readFinishFacts'>;

/** How long requests that reach X are counted, in milliseconds. Nodes add up their workers' counters once a second. */
const WINDOW = 3_000;

/** How long the sessions of nodes that were just stopped may take to end, in milliseconds. */
const SESSIONS_GONE_WITHIN = 10_000;

export function createFinishActivities(deps: FinishDeps): RehearsalAndFacts {
  return {
    rehearseFinish: (input) => rehearseFinish(deps, input),

    async readFinishFacts(input) {
      const { x, told, known, database, upgrade, s3, manifestKey } = input;
      const [xAnswering, xRequests, drift, backupThere] = await Promise.all([
        answering(deps.http, x),
        requestsWithin(deps.metrics, x),
        deps.fingerprints.drift(database, upgrade),
        manifestKey === undefined ? false : isThere(deps.store, s3, manifestKey),
      ]);
      const look = async () => {
        const { sessions } = await deps.sessions(database);
        return { xSessions: sessionsOfX(told, sessions, known.others), strangers: strangersAmong(sessions, known) };
      };
      // While a node of X answers there is nothing to wait for.
      const mayEnd = input.xStopped && xAnswering.length === 0;
      const gone = async () => {
        const found = await look();
        return (found.xSessions?.length ?? 0) > 0 ? undefined : found;
      };
      const { xSessions, strangers } =
        (mayEnd ? await poll(gone, { within: SESSIONS_GONE_WITHIN }) : undefined) ?? (await look());
      return {
        xAnswering,
        ...(xRequests === undefined ? {} : { xRequests }),
        overSeconds: WINDOW / 1000,
        ...(xSessions === undefined ? {} : { xSessions }),
        strangers,
        drift,
        backupThere,
      };
    },
  };
}

async function answering(http: KongHttp, { nodes }: SideAddresses): Promise<string[]> {
  const answers = await Promise.all(nodes.map((node) => http.answers(node)));
  return nodes.filter((_, index) => answers[index]).map(({ name }) => name);
}

/**
 * Proxied requests that X answers in the window; `undefined` when its metrics can't be read. Our own probes ask the Status and Admin
 * API only, which these counters leave out.
 */
async function requestsWithin(metrics: Metrics, x: SideAddresses): Promise<number | undefined> {
  const before = await metrics.read(x);
  if (!before.readable) return undefined;
  await sleep(WINDOW);
  const after = await metrics.read(x);
  if (!after.readable) return undefined;
  return Object.entries(after.nodes).reduce((sum, [name, { nodeId, answered }]) => {
    const earlier = before.nodes[name];
    return sum + answered - (earlier?.nodeId === nodeId ? earlier.answered : 0);
  }, 0);
}

/** The manifest can be read, and every object that it names has its size. */
async function isThere(store: FinishDeps['store'], s3: S3Ref, manifestKey: string): Promise<boolean> {
  if ((await store.head(s3, manifestKey)) === undefined) return false;
  const chunks: Uint8Array[] = [];
  for await (const chunk of await store.get(s3, manifestKey)) chunks.push(chunk);
  const manifest = JSON.parse(Buffer.concat(chunks).toString('utf8')) as BackupManifest;
  const heads = await Promise.all(manifest.objects.map(({ key }) => store.head(s3, key)));
  return manifest.objects.every(({ size }, index) => heads[index]?.size === size);
}
