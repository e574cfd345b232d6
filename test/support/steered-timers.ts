import { condition, type WorkflowInterceptors } from '@temporalio/workflow';

/** So long the stretch between the stop of X and the seal may take here, instead of a minute. */
export const STRETCH_MS = 1_500;

/** Part of the workflow bundle of tests about time limits: nobody waits for a minute, and nothing depends on how fast the machine is. */
export const interceptors = (): WorkflowInterceptors => {
  let finishing = false;
  return {
    outbound: [
      {
        scheduleActivity(input, next) {
          if (input.activityType === 'migrateFinish') finishing = true;
          return next(input);
        },
        async startTimer(input, next) {
          const summary = input.options?.summary;
          if (summary === 'X stopped and sealed within this time') return next({ ...input, durationMs: STRETCH_MS });
          if (summary !== 'limit of the freeze') return next(input);
          // Over while `finish` runs, and not before.
          await condition(() => finishing);
          return next({ ...input, durationMs: 1 });
        },
      },
    ],
  };
};
