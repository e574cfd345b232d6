import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type {
  Activities,
  BackupActivities,
  ClusterActivities,
  FinishActivities,
  FreezeActivities,
  MigrateActivities,
  NodeActivities,
  OpenActivities,
  PreflightActivities,
  ReportActivities,
  RestoreActivities,
  RoleActivities,
  StageActivities,
  TrafficActivities,
  WatchActivities,
} from '../activities/contract.ts';
import { hostTaskQueue } from '../domain/names.ts';
import type { Plan } from '../domain/plan/index.ts';

// Everything that changes something waits until a cancelled activity has really ended: an undo must not overlap its act.
const WAIT: ActivityOptions = { cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED };

// Attempts are bounded, time is not: a worker that is down for an hour is no reason to fail.
const RETRY = { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '10s', maximumAttempts: 20 };

const quick: ActivityOptions = { ...WAIT, startToCloseTimeout: '2m', heartbeatTimeout: '3s', retry: RETRY };
/** Before anything is changed: a host without a worker is a fault of the plan or of the preparation, not something to wait for. */
const firstLook: ActivityOptions = { ...quick, scheduleToStartTimeout: '1m' };
const long: ActivityOptions = { ...WAIT, startToCloseTimeout: '12h', heartbeatTimeout: '3s', retry: RETRY };
const migration: ActivityOptions = { ...WAIT, startToCloseTimeout: '24h', heartbeatTimeout: '10s', retry: RETRY };
/** A node of X that does not come back is told soon: the rest of X carries everything meanwhile. */
const restart: ActivityOptions = { ...long, retry: { ...RETRY, maximumAttempts: 3 } };
/** An undo is tried again by the workflow, for ever and in sight (`undos.ts`): not by waiting for a worker that does not come. */
const undo: ActivityOptions = { ...long, scheduleToStartTimeout: '30s', retry: { ...RETRY, maximumAttempts: 2 } };
/** Nobody watches while the traffic is moved: it has to be over soon, one way or the other. */
const move: ActivityOptions = { ...quick, scheduleToStartTimeout: '20s', scheduleToCloseTimeout: '60s' };
/** A retreat waits for the answer: what does not come at once does not come. */
const glance: ActivityOptions = { ...quick, scheduleToStartTimeout: '5s', scheduleToCloseTimeout: '10s' };
/** Only reads, so that nothing has to wait for its end. */
const watch: ActivityOptions = {
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  startToCloseTimeout: '30d',
  heartbeatTimeout: '3s',
  retry: { initialInterval: '250ms', backoffCoefficient: 2, maximumInterval: '10s' },
};

export const open = proxyActivities<OpenActivities & Pick<RestoreActivities, 'openRestore'>>(quick);

/** The activities of an upgrade, each on the queue of the host it belongs to. */
export function createActs(plan: Plan) {
  const on = <A extends object>(options: ActivityOptions, host?: string) =>
    proxyActivities<A>({ ...options, ...(host === undefined ? {} : { taskQueue: hostTaskQueue(host) }) });
  const [x, y] = [plan.x.runs.host, plan.y.runs.host];
  return {
    preflight: on<PreflightActivities>(quick),
    hostOfX: on<PreflightActivities & MigrateActivities>(quick, x),
    hostOfY: on<PreflightActivities & MigrateActivities & FreezeActivities>(quick, y),
    firstLook: {
      x: on<PreflightActivities>(firstLook, x),
      y: on<PreflightActivities>(firstLook, y),
      balancer: (host?: string) => on<TrafficActivities>(firstLook, host),
    },
    freeze: on<FreezeActivities>(long),
    backup: on<BackupActivities>(long, y),
    /** Static files are on the hosts of both sides. */
    backupOn: (host: string) => on<BackupActivities>(long, host),
    nodesOfX: on<NodeActivities>(long, x),
    restartOfX: on<NodeActivities>(restart, x),
    nodesOfY: on<NodeActivities>(long, y),
    cluster: on<ClusterActivities>(quick),
    roles: on<RoleActivities>(quick),
    migrate: on<MigrateActivities>(migration, y),
    rehearsal: on<FinishActivities>(long, y),
    finish: on<FinishActivities>(quick),
    stage: on<StageActivities>(long),
    /** On the host of a balancer, or anywhere. */
    traffic: (host?: string) => on<TrafficActivities>(quick, host),
    moveTraffic: (host?: string) => on<TrafficActivities>(move, host),
    lookAtTraffic: (host?: string) => on<TrafficActivities>(glance, host),
    verifyTraffic: (host?: string) => on<TrafficActivities>(long, host),
    watchWeight: (host?: string) => on<TrafficActivities>(watch, host),
    watchNodes: on<ClusterActivities>(watch),
    drain: on<ClusterActivities>(long),
    measure: on<WatchActivities>(long),
    watch: on<WatchActivities>(watch),
    restore: {
      hostOfX: on<RestoreActivities>(quick, x),
      hostOfY: on<RestoreActivities>(long, y),
      look: on<RestoreActivities>(long),
      database: on<RestoreActivities>(quick),
    },
    report: on<ReportActivities>(quick, y),
    undo: {
      freeze: on<FreezeActivities>(undo),
      commands: on<FreezeActivities>(undo, y),
      nodesOfX: on<NodeActivities>(undo, x),
      nodesOfY: on<NodeActivities>(undo, y),
      cluster: on<ClusterActivities>(undo),
      roles: on<RoleActivities>(undo),
      stage: on<StageActivities>(undo),
      finish: on<FinishActivities>(undo),
      traffic: (host?: string) => on<TrafficActivities>(undo, host),
      verifyTraffic: (host?: string) => on<TrafficActivities>(undo, host),
      restore: on<RestoreActivities>(undo),
      unpacked: on<RestoreActivities>(undo, y),
    },
  };
}

export type Acts = ReturnType<typeof createActs>;

type Proxy<I, O> = {
  (input: I): Promise<O>;
  executeWithOptions(options: ActivityOptions, args: [I]): Promise<O>;
};

/** Runs an activity with a summary that the Temporal UI shows beside it. */
export const run = <I, O>(activity: Proxy<I, O>, summary: string, input: I): Promise<O> =>
  activity.executeWithOptions({ summary: summary.slice(0, 200) }, [input]);

export type { Activities };
