import { condition, defineSignal, setHandler, type WorkflowInterceptors } from '@temporalio/workflow';

/** Tells the workflow that the time between the stop of X and the seal is over. */
export const STRETCH_IS_OVER = 'the stretch is over';
/** That the limit of the freeze is over; it is as well once `finish` runs. */
export const LIMIT_IS_OVER = 'the limit is over';

/** Part of the workflow bundle of tests about time limits: nobody waits for a minute, and nothing depends on how fast the machine is. */
export const interceptors = (): WorkflowInterceptors => {
  let limitIsOver = false;
  let stretchIsOver = false;
  setHandler(defineSignal(STRETCH_IS_OVER), () => void (stretchIsOver = true));
  setHandler(defineSignal(LIMIT_IS_OVER), () => void (limitIsOver = true));
  return {
    outbound: [
      {
        scheduleActivity(input, next) {
          if (input.activityType === 'migrateFinish') limitIsOver = true;
          return next(input);
        },
        async startTimer(input, next) {
          const summary = input.options?.summary;
          if (summary === 'X stopped and sealed within this time') {
            await condition(() => stretchIsOver);
            stretchIsOver = false;
            return next({ ...input, durationMs: 1 });
          }
          if (summary !== 'limit of the freeze') return next(input);
          await condition(() => limitIsOver);
          return next({ ...input, durationMs: 1 });
        },
      },
    ],
  };
};
