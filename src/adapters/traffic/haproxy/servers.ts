import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import { ask, nonsense } from './runtime-api.ts';

/** One server of the backend, as HAProxy sees it. */
export interface Server {
  readonly name: string;
  readonly address: string;
  /** The weight that was set, and the one in the configuration. */
  readonly weight: number;
  readonly configured: number;
  /** In maintenance, or drained, by somebody's command. */
  readonly blocked: 'maintenance' | 'drain' | undefined;
  /** `UP`, `UP 1/3`, `DOWN`, `DRAIN`, `MAINT`, `no check` … */
  readonly status: string;
  /** What counts at this moment: a server that has just come up may get less than its weight for a while. */
  readonly effective: number;
  /** The last health check; empty where there are none. */
  readonly check: string;
  /** How many run on it. */
  readonly sessions: number;
}

export interface Backend {
  readonly servers: readonly Server[];
  /** Of the runtime API, for this connection: `admin`, `operator` or `user`. */
  readonly level: string;
  /** `roundrobin`, `leastconn`, … */
  readonly algorithm: string;
  /** What keeps a client on its server, for people; absent if nothing of that kind can be seen. */
  readonly persistence?: string;
  /** The process. */
  readonly pid: number;
  /** The answer to `show servers state`, in the format that HAProxy loads again. */
  readonly saved: string;
}

type Row = Readonly<Record<string, string>>;

/** SRV_ADMF_FMAINT and IMAINT, and SRV_ADMF_FDRAIN and IDRAIN, in HAProxy's words: forced, and inherited from a tracked server. */
const MAINTENANCE = 0x01 | 0x02;
const DRAIN = 0x08 | 0x10;
/** In `show stat`: backends and servers, not frontends. */
const BACKENDS_AND_SERVERS = 6;

/** Asks for all that HAProxy knows of the backend. Error `BalancerNotPrepared` if there is none of that name. */
export async function readBackend({
  socket,
  backend,
}: Pick<EntryVia<'haproxy'>, 'socket' | 'backend'>): Promise<Backend> {
  const answers = await ask(socket, [
    `show servers state ${backend}`,
    // Of all: asked by name it would mean the frontend, if there is one of the same name.
    `show stat -1 ${BACKENDS_AND_SERVERS} -1`,
    'show table',
    'show cli level',
    'show info',
  ]);
  const [saved = '', stat = '', tables = '', level = '', info = ''] = answers;
  if (/^Can't find backend/.test(saved))
    throw new CrossfadeError('BalancerNotPrepared', `HAProxy at ${socket} has no backend ${backend}.`);
  const [version, ...stateLines] = saved.split('\n');
  const state = readTable(stateLines, ' ', ['be_name', 'srv_name', 'srv_admin_state', 'srv_uweight', 'srv_iweight']);
  const stats = readTable(stat.split('\n'), ',', ['pxname', 'svname', 'status', 'weight', 'check_status', 'addr']);
  const pid = Number(/^Pid: (\d+)$/m.exec(info)?.[1]);
  if (version !== '1' || state === undefined || stats === undefined || Number.isNaN(pid))
    throw nonsense(socket, answers.join('\n'));
  const own = stats.filter(({ pxname }) => pxname === backend);
  const whole = own.find(({ svname }) => svname === 'BACKEND');
  const persistence = persistenceOf(backend, whole, tables);
  return {
    servers: state.flatMap((row) => {
      const shown = own.find(({ svname }) => svname === row['srv_name']);
      // Backup servers get nothing as long as there are others.
      if (shown === undefined || shown['bck'] === '1') return [];
      return [serverOf(row, shown, () => nonsense(socket, answers.join('\n')))];
    }),
    level,
    algorithm: whole?.['algo'] ?? '',
    ...(persistence === undefined ? {} : { persistence }),
    pid,
    saved,
  };
}

/** Whether it gets requests, if it has any weight. */
export const takesRequests = ({ status }: Server): boolean => /^(UP|no check)/.test(status);

function serverOf(state: Row, shown: Row, bad: () => Error): Server {
  const number = (text: string | undefined): number => {
    if (text === undefined || !/^\d+$/.test(text)) throw bad();
    return Number(text);
  };
  const admin = number(state['srv_admin_state']);
  const blocked = (admin & MAINTENANCE) !== 0 ? 'maintenance' : (admin & DRAIN) !== 0 ? 'drain' : undefined;
  return {
    name: state['srv_name'] ?? '',
    address: shown['addr'] ?? '',
    weight: number(state['srv_uweight']),
    configured: number(state['srv_iweight']),
    blocked,
    status: shown['status'] ?? '',
    effective: number(shown['weight']),
    check: shown['check_status'] ?? '',
    sessions: number(shown['scur']),
  };
}

/** A stick table is seen if it is the backend's own, which has its name; what its rules do is not. */
function persistenceOf(backend: string, whole: Row | undefined, tables: string): string | undefined {
  const cookie = whole?.['cookie'] ?? '';
  if (cookie !== '') return `the cookie ${cookie}`;
  const names = [...tables.matchAll(/^# table: ([^,]+),/gm)].map(([, name]) => name);
  return names.includes(backend) ? 'its stick table' : undefined;
}

/** Columns are found by their names: newer versions of HAProxy have more of them. */
function readTable(lines: readonly string[], separator: string, needed: readonly string[]): Row[] | undefined {
  const [head = '', ...rows] = lines;
  const columns = head.replace(/^# /, '').split(separator);
  if (!head.startsWith('# ') || needed.some((name) => !columns.includes(name))) return undefined;
  return rows.map((row) => {
    const cells = row.split(separator);
    return Object.fromEntries(columns.map((name, position) => [name, cells[position] ?? '']));
  });
}
