import { defineErrors } from './catalogue.ts';

export const planErrors = defineErrors({
  PlanInvalid: {
    retryable: false,
    what: 'The plan has faults.',
    means: 'Nothing was changed; the upgrade is refused.',
    todo: 'Correct every fault that is listed and start again. `crossfade plan FILE` finds the same faults without a server.',
  },
  SecretMissing: {
    retryable: false,
    what: 'A secret that the plan names is not there: an environment variable is not set, or a file cannot be read.',
    means: 'The worker cannot log on; the activity fails and is not retried.',
    todo: "Set the variable or make the file readable in the worker's environment, restart the worker, then `retry`.",
  },
});
