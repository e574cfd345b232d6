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
  NotRemovable: {
    retryable: false,
    what: "Crossfade's files for nginx can't be removed now: an upgrade is under way, nginx still needs them, or that can't be known.",
    means:
      'Nothing was removed. Without them a running nginx would send everything to X, and one that is started would refuse its configuration.',
    todo: "Put what `crossfade nginx-config --plain PLAN` prints in place of the includes, `nginx -t`, one reload at a quiet moment, then `--remove` again, as root on nginx's host. Where it can't be known (nginx in a container, say): make sure that `nginx -T` shows nothing of the directory and that nginx was reloaded since, then remove it by hand.",
  },
  BalancerNotPrepared: {
    retryable: false,
    what: 'The balancer does not have what the plan names: a backend, a server, a record, a route or another object.',
    means: 'No traffic was moved.',
    todo: 'Make what the message names, as docs/traffic.md shows it for this kind of balancer, or correct the plan; then start again, or `retry`.',
  },
  BalancerUnreachable: {
    retryable: true,
    what: 'The balancer, or the API that moves its traffic, does not answer.',
    means:
      'Whether the last change arrived is uncertain until it can be read back; the traffic stays as it is meanwhile.',
    todo: 'Look at what the message names, and at the way from the worker to it; then `retry`, if the upgrade is held.',
  },
  BalancerRefused: {
    retryable: false,
    what: 'The balancer, or the API that moves its traffic, refuses: the worker may not do this.',
    means: 'Nothing was changed; the traffic stays as it is.',
    todo: 'Give the worker the right that the message names (docs/traffic.md lists what each kind needs), then `retry`.',
  },
  BalancerNonsense: {
    retryable: true,
    what: 'The balancer, or what stands before it, answered something that can not be understood.',
    means: 'Nothing of it is believed; where the traffic goes is uncertain until it can be read again.',
    todo: 'Look at the answer in the message: another program may listen at that address. Then `retry`, if the upgrade is held.',
  },
  WeightImpossible: {
    retryable: false,
    what: 'This kind of balancer can not do what was asked of it: this share, one node out, or a way for testers.',
    means: 'Nothing was changed.',
    todo: 'Choose weights that it can make (`crossfade plan PLAN` tells which), or another entry point.',
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
    todo: 'If it stays: look on the balancer for another program that changes its weights (with nginx: that writes to `traffic.directory`).',
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
  ShareNotArriving: {
    retryable: false,
    what: 'A new weight is set, and the requests that arrive do not agree with it within `traffic.settle`.',
    means: 'The step was undone: the weight before it is in force again, and the upgrade holds.',
    todo: 'Look for clients that do not go by the balancer: kept connections, cached DNS answers, a second way in that the plan does not have. With DNS or sticky clients a longer `traffic.settle` or a wider `traffic.tolerance` may be right. Then `retry`.',
  },
  BothSidesFail: {
    retryable: false,
    what: 'X and Y fail at the same time, so that it is what they share: the database, or the services behind Kong.',
    means: 'The weights stay as they are: nothing would be better on the other side. The upgrade holds.',
    todo: 'Look at PostgreSQL first. When it is mended: `retry`; or `abort`, once a node of X is ready.',
  },
  MetricsUnreadable: {
    retryable: false,
    what: "Kong's metrics could not be read for as long as a new weight may take to settle.",
    means: 'Nobody knows where the requests arrive, so the step does not count as done.',
    todo: 'Look at the nodes that the message names, and at their `status` addresses in the plan; then `retry`.',
  },
});
