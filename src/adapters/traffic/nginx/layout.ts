import { join } from 'node:path';
import type { Part } from './config.ts';

// The directory, on the balancer's host:
//
//   http.conf server.conf location.conf   what nginx includes, written once; location-grpc.conf where there is gRPC
//   installed.json                        for which steps and nodes they were made
//   states/<epoch>-<token>/               one state: marker files for nginx, state.json for Crossfade
//   current -> states/<epoch>-<token>     the one in force; a change is one rename of this link
//   lock                                  held while a change is made

export const partFile = (directory: string, part: Part) => join(directory, `${part}.conf`);
export const installedFile = (directory: string) => join(directory, 'installed.json');
export const statesFolder = (directory: string) => join(directory, 'states');
export const currentLink = (directory: string) => join(directory, 'current');
export const lockFile = (directory: string) => join(directory, 'lock');

/** In every state: whose it is. */
export const RECORD = 'state.json';
/** The marker file that puts a weight in force. Weight 0 has none: without any, X gets everything. */
export const weightMarker = (weight: number) => `y-${weight}`;
/** The marker file that takes a node out. */
export const outMarker = (node: string) => `out-${node}`;
/** The marker file that opens the way of testers to Y. */
export const TESTERS_MARKER = 'testers';
