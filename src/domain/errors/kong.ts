import { defineErrors } from './catalogue.ts';

export const kongErrors = defineErrors({
  ProgramMissing: {
    retryable: false,
    what: 'A program that the plan names, or that Crossfade needs, cannot be started on this host.',
    means: 'The step did nothing.',
    todo: 'Install the program, or correct its path in the plan, on the host whose worker says so; then `retry`.',
  },
  ProcessStuck: {
    retryable: true,
    what: 'A command was told to end, and some of its processes are still there.',
    means: 'The step is not begun again over a process that may still be at work; it is tried again later.',
    todo: 'Look at the process group on that host. A process that not even KILL ends waits for the kernel (disk, network file system).',
  },
  NodeUnreachable: {
    retryable: true,
    what: 'A Kong node does not answer on its Admin API, its Status API or its proxy.',
    means: 'The step is tried again; the traffic stays where it is.',
    todo: 'Look whether the node runs, and whether its addresses in the plan can be reached from the worker.',
  },
  NodeStartFailed: {
    retryable: true,
    what: 'A node was started and did not become ready, or its start failed.',
    means: 'No traffic goes to that node. The start is tried again a few times; then the upgrade holds or goes back.',
    todo: "Read the lines of the node's own output in the message. Repair the node's settings, then `retry`.",
  },
  NodePrepareFailed: {
    retryable: false,
    what: 'Kong refused the configuration of a node that is about to be used, before it was started.',
    means: 'Nothing was started.',
    todo: "Correct kong.conf or the node's environment in the plan; `kong check` shows the same fault.",
  },
  ForeignNode: {
    retryable: false,
    what: 'Something else than the planned node answers on its address: another program, or another version of Kong.',
    means: 'The node is neither started nor used.',
    todo: 'Free the address or correct it in the plan, then `retry`.',
  },
  StillServing: {
    retryable: false,
    what: 'A node was to be stopped while the balancer sends traffic to its cluster.',
    means: 'It was not stopped.',
    todo: 'Find out who changed the balancer. With all traffic on the other cluster, `retry`.',
  },
  StillAnswering: {
    retryable: true,
    what: 'A node was stopped, and still something answers on its address.',
    means: 'It does not count as stopped; the step is tried again.',
    todo: 'Look on its host: it may run under another prefix, or a supervisor has started it again. Stop it there.',
  },
  ReloadFailed: {
    retryable: true,
    what: 'A node did not take its reload: the command failed, or the node still runs with what it had before.',
    means: 'The node stays out of the balancer; the others serve.',
    todo: "Read the node's error log (a plugin that is configured and not enabled is the usual reason), then `retry`.",
  },
  EntitiesDiffer: {
    retryable: true,
    what: 'X and Y do not show the same services, routes, plugins, consumers or other entities through their Admin APIs.',
    means: 'Y gets no traffic. The comparison is tried again a few times.',
    todo: 'Look at the kinds and ids in the message. A schema or a workspace of its own for Y is the usual reason.',
  },
});
