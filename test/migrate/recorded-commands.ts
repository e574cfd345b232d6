import type { ErrorCode } from '../../src/domain/errors/index.ts';
import type { Outcome } from '../../src/domain/migrations/index.ts';
import type { MigrationState } from '../../src/domain/migrations.ts';
import { EXECUTED, PENDING } from './fixture.ts';
import { BOTH, DONE, EMPTY, HALF, NEW, PEND } from './recorded-states.ts';

/** A recorded run of `kong migrations`, and what Crossfade makes of it. */
export interface RecordedCommand {
  readonly recorded: string;
  readonly command: 'up' | 'finish';
  readonly before: MigrationState;
  /** Whether Crossfade runs the command there; a code: it refuses, and what was recorded is what it avoids. */
  readonly decision: 'run' | 'nothing-to-do' | ErrorCode;
  readonly outcome: Outcome;
  readonly after: MigrationState;
  /** What it says after the recorded outcome. */
  readonly then: 'done' | ErrorCode;
  /** What this upgrade had begun before. */
  readonly begun: readonly string[];
  /** Which migrations may be half done. */
  readonly doubt: readonly string[];
}

type More = Partial<Pick<RecordedCommand, 'begun' | 'doubt'>>;

const recordedAs =
  (command: 'up' | 'finish') =>
  (
    recorded: string,
    before: MigrationState,
    decision: RecordedCommand['decision'],
    outcome: Outcome,
    after: MigrationState,
    then: RecordedCommand['then'],
    more: More = {},
  ): RecordedCommand => ({ recorded, command, before, decision, outcome, after, then, begun: [], doubt: [], ...more });
const [up, finish] = [recordedAs('up'), recordedAs('finish')];

export const ended = (exitCode: number | undefined, stdout = '', stderr = ''): Outcome => ({
  exitCode,
  stdout,
  stderr,
});
const SQL = 'Error: [PostgreSQL error] ';
const FAILED = `${SQL}cluster_mutex callback threw an error: …: [PostgreSQL error] failed to run migration `;
export const NO_SERVER = `${SQL}failed to retrieve PostgreSQL server_version_num: `;
const noServer = (why: string) => ended(1, '', NO_SERVER + why);
const noLock = (why: string) => ended(1, '', `${SQL}failed to insert cluster lock: ERROR: ${why}`);
const BOOTSTRAP = ended(
  1,
  '',
  'Error: Cannot run migrations: Database needs bootstrapping or is older than Kong 1.0.\n',
);
const ABORTED = ended(0, 'aborted: another node is performing database changes\n');
const UP = ended(0, "migrating core on database 'a'...\n9 migrations processed\n4 executed\n5 pending\n");
const UP_AGAIN = ended(1, '', "Error: Database has pending migrations; run 'kong migrations finish'");
const UP_TO_DATE = ended(0, 'Database is already up-to-date\n');
const FINISH = ended(0, "migrating acme on database 'a'...\n5 executed\nNo pending migrations to finish\n");
const NOTHING_PENDING = ended(0, 'No pending migrations to finish\n');
const NEW_AVAILABLE = ended(0, "\nNew migrations available; run 'kong migrations up' to proceed\n");
const FINISH_AND_NEW = ended(0, `migrating acme on database 'e1'...\n5 executed\n${NEW_AVAILABLE.stdout}`);
const TIMEOUT = ended(
  1,
  "migrating core on database 'c2'...\nmigrating acme on database 'c2'...\n",
  `${FAILED}'003_350_to_360' up: receive_message: failed to get type: timeout`,
);
const NOT_OWNER = ended(
  1,
  "migrating core on database 'm1'...\n",
  `${FAILED}'021_340_to_350' up: ERROR: must be owner of table clustering_data_planes`,
);

const ALL = [...EXECUTED, ...PENDING];
const OURS = { begun: ALL };
const EARLIER = 'PendingFromEarlierUpgrade';
const READS_ONLY = 'permission denied for table locks';
const LAST = { ...NEW, new: ['core/024_380_to_390'] };

export const COMMANDS: readonly RecordedCommand[] = [
  up('A 003 empty', EMPTY, 'NeedsBootstrap', BOOTSTRAP, EMPTY, 'NeedsBootstrap'),
  finish('A 004 empty', EMPTY, 'NeedsBootstrap', BOOTSTRAP, EMPTY, 'NeedsBootstrap'),
  up('A 017 nothing new', DONE, 'nothing-to-do', UP_TO_DATE, DONE, 'done'),
  finish('A 018 nothing pending', DONE, 'nothing-to-do', NOTHING_PENDING, DONE, 'done'),
  finish('A 056 before up', NEW, 'UpNotDone', NEW_AVAILABLE, NEW, 'MigrationFailed'),
  up('A 060 wrong password', NEW, 'run', noServer('authentication exchange unsuccessful'), NEW, 'DatabaseRefused'),
  up('A 062 database down', NEW, 'run', noServer('connection refused'), NEW, 'DatabaseUnreachable'),
  up('A 066 no such database', NEW, 'run', noServer('FATAL: database "no" does not exist'), NEW, 'DatabaseRefused'),
  up('A 069 with work', NEW, 'run', UP, PEND, 'done'),
  up('A 075 again, ours', PEND, 'nothing-to-do', UP_AGAIN, PEND, 'done', OURS),
  up("A 075 again, somebody else's", PEND, EARLIER, UP_AGAIN, PEND, 'done'),
  up("A 079 by X after Y's up", DONE, 'nothing-to-do', UP_TO_DATE, DONE, 'done'),
  finish("A 080 by X after Y's up", DONE, 'nothing-to-do', NOTHING_PENDING, DONE, 'done'),
  finish('A 109 with work', PEND, 'run', FINISH, DONE, 'done'),
  finish('A 113 again', DONE, 'nothing-to-do', NOTHING_PENDING, DONE, 'done'),
  up('A 114 after finish', DONE, 'nothing-to-do', UP_TO_DATE, DONE, 'done'),

  up('B 01-A two at once: the one that waited', NEW, 'run', ABORTED, PEND, 'done'),
  up('B 01-B two at once: the one that worked', NEW, 'run', UP, PEND, 'done'),
  up('B 02-A blocked, and the client gives up', NEW, 'run', TIMEOUT, HALF, 'MigrationFailed', {
    doubt: ['acme/003_350_to_360'],
  }),
  up('B 005 again after it', HALF, 'run', UP, PEND, 'done', OURS),
  up('B 02-B waits for one that fails', NEW, 'run', ABORTED, HALF, 'MigrationAborted'),
  finish('B 02-D meanwhile', HALF, 'UpNotDone', ABORTED, HALF, 'MigrationAborted'),
  up('B 03 killed', NEW, 'run', ended(undefined), HALF, 'MigrationFailed', { doubt: ALL }),
  up('B 009 at once after it: its lock is left', HALF, 'run', ABORTED, HALF, 'MigrationAborted', OURS),
  up('B 010 once that lock is gone', HALF, 'run', UP, PEND, 'done', OURS),
  up('B 04 KILL to the first process: the rest went on', NEW, 'run', ended(undefined), PEND, 'done', { doubt: ALL }),
  up('B 04 INT to the first process: the rest went on', NEW, 'run', ended(130), PEND, 'done', { doubt: ALL }),
  up('B 04 TERM to the first process: it ended with the rest', NEW, 'run', UP, PEND, 'done'),
  up('B 05 blocked for longer than the default time-out', NEW, 'run', UP, PEND, 'done'),
  up('B 06-A the lock expires, a second one comes', NEW, 'run', UP, PEND, 'done'),
  up('B 06-B the second one', HALF, 'run', UP, PEND, 'done'),
  finish('B 014 at once after a killed one', PEND, 'run', ABORTED, PEND, 'MigrationAborted', { begun: PENDING }),
  finish('B 015 once the lock is gone', PEND, 'run', FINISH, DONE, 'done', { begun: PENDING }),

  up('D 002 a role that only reads', NEW, 'run', noLock(READS_ONLY), NEW, 'MigrationNotPermitted'),
  finish('D 003 a role that only reads', PEND, 'run', noLock(READS_ONLY), PEND, 'MigrationNotPermitted'),
  up(
    ...(['D 016 read-only transactions', NEW, 'run'] as const),
    ...([noLock('cannot execute DELETE in a read-only transaction'), NEW, 'MigrationNotPermitted'] as const),
  ),

  up('E 001 by 3.7.1', NEW, 'run', UP, PEND, 'done'),
  up('E 003 pending and new', BOTH, EARLIER, UP_AGAIN, BOTH, 'MigrationFailed'),
  finish('E 005 pending and new', BOTH, 'UpNotDone', FINISH_AND_NEW, HALF, 'MigrationFailed'),
  up('E 007 after it', LAST, 'run', ended(0, "migrating core on database 'e1'...\n1 executed\n"), DONE, 'done'),
  up('E 025 -q', NEW, 'run', UP, PEND, 'done'),
  up('E 026 -q again', PEND, EARLIER, UP_AGAIN, PEND, 'done'),
  up('E 027 a role that only writes rows', NEW, 'run', NOT_OWNER, NEW, 'MigrationNotPermitted'),
  up('E 029 the owner after it', NEW, 'run', UP, PEND, 'done', OURS),
];
