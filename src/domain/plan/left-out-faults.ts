import { COUNTERS, holdsCounters } from '../tables.ts';
import { fieldsOf, listOf, type Fault } from './fault.ts';

/** Only rows that nobody would miss may stay out of a backup. Over the plan as it came. */
export const leftOutFaults = (plan: Readonly<Record<string, unknown>>): Fault[] =>
  listOf(fieldsOf(plan['backup'])['leaveOut']).flatMap((table, index) =>
    typeof table !== 'string' || holdsCounters(table)
      ? []
      : [
          {
            path: `backup.leaveOut[${index}]`,
            message: `is no table that only holds counters (${COUNTERS.join(', ')}): a backup without its rows would be none`,
          },
        ],
  );
