import { defineErrors } from './catalogue.ts';

export const reportErrors = defineErrors({
  ReportNotWritten: {
    retryable: true,
    what: 'The report could be written neither to S3 nor to the local directory.',
    means: 'The upgrade itself is not touched by it; the report is tried again a few times.',
    todo: 'Mend what the message names. `crossfade report CLUSTER` makes the report from the workflow at any time.',
  },
});
