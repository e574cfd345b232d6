import { connect } from 'node:net';

/** Whether something listens on this port of 127.0.0.1. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

export const portOf = (url: string): number => Number(new URL(url.includes('://') ? url : `tcp://${url}`).port);
