import { createHash } from 'node:crypto';
import { CrossfadeError } from '../../../domain/errors/index.ts';
import { httpPart } from './http-part.ts';
import type { Installation } from './installation.ts';
import { grpcLocationPart, locationPart } from './location-part.ts';
import { serverPart } from './server-part.ts';

/** What nginx includes, by the block of its configuration that each part goes into. */
export interface NginxInclude {
  readonly http: string;
  readonly server: string;
  readonly location: string;
  /** For locations of gRPC; absent where the plan has no port for it. */
  readonly 'location-grpc'?: string;
}

export type Part = keyof NginxInclude;

/**
 * The configuration that is installed once. After that no reload is needed: which split and which groups are in force is
 * chosen per request, by which marker files exist.
 *
 * @returns the parts, and the fingerprint by which nginx tells that it has loaded them. Error `PlanInvalid` for a directory that
 * nginx can't take.
 */
export function nginxInclude(
  directory: string,
  installation: Installation,
): { readonly parts: NginxInclude; readonly fingerprint: string } {
  checkDirectory(directory);
  const make = (fingerprint: string): NginxInclude => ({
    http: httpPart(installation),
    server: serverPart(installation, directory, fingerprint),
    location: locationPart(installation),
    ...(installation.grpcPort === undefined ? {} : { 'location-grpc': grpcLocationPart(installation) }),
  });
  const fingerprint = createHash('sha256')
    .update(JSON.stringify(make('')))
    .digest('hex')
    .slice(0, 32);
  return { parts: make(fingerprint), fingerprint };
}

/** Other characters would have a meaning of their own in nginx's configuration. */
function checkDirectory(directory: string): void {
  if (/^[\w./+@,:=-]+$/.test(directory)) return;
  throw new CrossfadeError('PlanInvalid', `traffic.directory has characters that nginx can't take: ${directory}.`);
}
