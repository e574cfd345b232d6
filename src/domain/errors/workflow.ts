import { defineErrors } from './catalogue.ts';

export const workflowErrors = defineErrors({
  PreflightRefused: {
    retryable: false,
    what: 'One or more rules of the preflight refuse the upgrade.',
    means:
      'Before the freeze: nothing was changed, the outcome is `refused`. On the frozen state: the upgrade is held.',
    todo: 'Mend what each rule names. When held, `retry`; or `accept` the rule by its name with a reason, then `retry`.',
  },
  ConfigurationDrift: {
    retryable: false,
    what: "Kong's configuration differs from the last baseline although it is frozen.",
    means:
      'Somebody got past the guard. What was written now may be lost at `finish` or break the other cluster. The upgrade is held; traffic stays where it is.',
    todo: 'Look at the entities that the status names. `accept` the finding `drift` with a reason and `retry`, or `abandon`.',
  },
  NodesNotReady: {
    retryable: false,
    what: 'Nodes of X or Y were not ready when a step was due.',
    means: 'No step is made with less than the full size of both clusters; all traffic is on X.',
    todo: 'Bring the nodes back (the status names each with its reason), then `retry`.',
  },
  VerdictInconclusive: {
    retryable: false,
    what: 'The metrics allow no verdict: too few requests, or they could not be read, even after the extension.',
    means: 'That is never a pass. The upgrade is held with the traffic where it is, and the watch goes on.',
    todo: 'Wait for traffic or mend the metrics, then `retry`: it goes on at this step. Or `abandon`.',
  },
  GuardrailBroken: {
    retryable: false,
    what: 'A condition that must hold before `finish` does not.',
    means: '`finish` did not begin. If X was stopped, it was started again, and all traffic is on X.',
    todo: 'Mend what the guardrail names, then `retry`; the gate `finish` opens again.',
  },
  StretchTooLong: {
    retryable: false,
    what: 'Stopping X and writing the seal took longer than a minute.',
    means: '`finish` did not begin; X was started again and has all traffic.',
    todo: 'Find out why a node of X would not stop (its error log), then `retry`.',
  },
  FreezeLimit: {
    retryable: false,
    what: 'The configuration has been frozen for as long as `freeze.limit` allows.',
    means: 'The upgrade is held with the traffic where it is; configuration updates are still refused.',
    todo: '`retry` to go on in spite of it, or `abandon` so that updates work again.',
  },
  Sealed: {
    retryable: false,
    what: '`kong migrations finish` of an upgrade has begun.',
    means: 'There is no way back to X by this tool.',
    todo: 'Let the upgrade go forward (`retry`), or restore the backup (`crossfade restore`).',
  },
  MessageRefused: {
    retryable: false,
    what: 'A message is malformed, or not possible in the present state.',
    means: 'Nothing changed; the upgrade goes on as if it had not been sent.',
    todo: 'The answer says why and what is possible now.',
  },
});
