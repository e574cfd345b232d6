import type { EntryVia } from '../../../domain/plan/index.ts';
import type { Secrets } from '../../secrets.ts';
import { targetsAt } from '../dns/verify.ts';
import { createZoneRouter } from '../dns/zone-router.ts';
import type { TrafficRouter } from '../port.ts';
import { createPowerdnsApi } from './api.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { createPowerdnsZone } from './zone.ts';

/** One name in PowerDNS, changed by its HTTP API. */
export function createPowerdnsRouter(
  entry: EntryVia<'powerdns'>,
  planned: readonly number[],
  secrets: Secrets,
): TrafficRouter {
  const { api, server, zone, record, type } = entry;
  const router = createZoneRouter(entry, createPowerdnsZone(entry, planned, createPowerdnsApi(entry, secrets)), {
    place: `${record} at PowerDNS (${api})`,
    answersAt: (weight) => targetsAt(entry, weight),
  });
  const { set, setTesters } = router;
  const lock = [api, server, zone, record, type].join(' ');
  return {
    ...router,
    set: (change) => oneAtATime(lock, () => set(change)),
    ...(setTesters === undefined ? {} : { setTesters: (change) => oneAtATime(lock, () => setTesters(change)) }),
  };
}
