import type { EntryVia } from '../../../domain/plan/index.ts';
import { addressesFor, weightsOfAddresses } from '../../../domain/traffic/address-shares.ts';
import { createZoneRouter } from '../dns/zone-router.ts';
import type { TrafficRouter } from '../port.ts';
import type { UpdateDeps } from './update.ts';
import { createUpdatedZone } from './zone.ts';

/** One name in a zone that takes dynamic updates (RFC 2136). Its share is made by how many addresses of each side it has. */
export function createRfc2136Router(entry: EntryVia<'rfc2136'>, deps: UpdateDeps): TrafficRouter {
  return createZoneRouter(entry, createUpdatedZone(entry, deps), {
    place: `${entry.record} at the DNS server ${entry.server}`,
    weights: weightsOfAddresses(entry),
    answersAt: (weight) => addressesFor(weight, entry) ?? [],
  });
}
