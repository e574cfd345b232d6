import { defineErrors } from './catalogue.ts';

export const trafficErrors = defineErrors({
  NotInstalled: {
    retryable: false,
    what: "The balancer does not have what the plan needs: Crossfade's include was not installed, or it was made for other steps or other nodes.",
    means: 'No traffic was moved.',
    todo: 'On the balancer, run `crossfade nginx-config --install PLAN`, then `nginx -t` and one reload at a quiet moment; then `retry`.',
  },
  DirectoryInUse: {
    retryable: false,
    what: "The plan's `traffic.directory` holds an installation that nginx may be using: for other nodes (an earlier upgrade's), or with a weight in force that the plan has no step for.",
    means:
      'Nothing was written, and the traffic stays as it is. Written over it, the next reload could send all traffic to a Y that does not run.',
    todo: 'For other nodes: give the plan a `traffic.directory` of its own, install into that, include its files in place of the old ones, then `nginx -t` and one reload; nginx goes on reading the old directory until then, so remove that afterwards. For other steps: give the plan a step with the weight that the message names, or first end the upgrade that set it.',
  },
  StaleEpoch: {
    retryable: false,
    what: 'A change of the traffic came too late: a later one is in force.',
    means: 'The later change stays. This is how a worker that was cut off is kept from turning the traffic.',
    todo: 'Nothing, if the upgrade goes on by itself. If it is held, compare the weight in its status with the balancer, then `retry`.',
  },
  ForeignChange: {
    retryable: false,
    what: 'Somebody else changed the traffic: the weight is not the one that this upgrade set.',
    means: 'Nothing was overwritten; the traffic stays as it was found.',
    todo: 'Find out who changed it and why. Put the weight back as the status shows it, then `retry`; or `abandon`.',
  },
  WeightNotApplied: {
    retryable: true,
    what: 'The balancer took the change, but shows something else when it is read back.',
    means: 'The change is tried again; where the traffic goes is uncertain until it is read back right.',
    todo: 'If it stays: look on the balancer for another program that writes to the directory of `traffic.directory`.',
  },
  BalancerBusy: {
    retryable: true,
    what: 'Another process is changing the traffic right now.',
    means: 'Nothing was changed; it is tried again.',
    todo: 'If it stays: the process that the message names hangs while it holds the lock; end it.',
  },
  BalancerUnwritable: {
    retryable: false,
    what: "The worker may not write, or can't write, in the balancer's directory.",
    means: 'The traffic stays as it is.',
    todo: 'Give the user of the worker the right to write there (or make space), then `retry`.',
  },
  MetricsUnreadable: {
    retryable: false,
    what: "Kong's metrics could not be read for as long as a new weight may take to settle.",
    means: 'Nobody knows where the requests arrive, so the step does not count as done.',
    todo: 'Look at the nodes that the message names, and at their `status` addresses in the plan; then `retry`.',
  },
});
