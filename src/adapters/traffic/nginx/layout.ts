import { join } from 'node:path';

// The directory, on the balancer's host:
//
//   http.conf server.conf location.conf   what nginx includes, written once
//   installed.json                        for which steps and nodes they were made
//   states/<epoch>-<token>/               one state: marker files for nginx, state.json for Crossfade
//   current -> states/<epoch>-<token>     the one in force; a change is one rename of this link
//   lock                                  held while a change is made

export const httpFile = (directory: string) => join(directory, 'http.conf');
export const serverFile = (directory: string) => join(directory, 'server.conf');
export const locationFile = (directory: string) => join(directory, 'location.conf');
export const installedFile = (directory: string) => join(directory, 'installed.json');
export const statesFolder = (directory: string) => join(directory, 'states');
export const currentLink = (directory: string) => join(directory, 'current');
export const lockFile = (directory: string) => join(directory, 'lock');

/** The marker file that puts a weight in force. Weight 0 has none: without any, X gets everything. */
export const weightMarker = (weight: number) => `y-${weight}`;
/** The marker file that takes a node out. */
export const outMarker = (node: string) => `out-${node}`;
