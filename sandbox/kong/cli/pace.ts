import { setTimeout as sleep } from 'node:timers/promises';
import { atLeast, type KongVersion } from '../schema/versions.ts';

const started = performance.now() - process.uptime() * 1000;

/** About how long real Kong takes at least, in milliseconds, by command and by whether it did something. */
function least(command: string, version: KongVersion): number {
  const slow = atLeast(version, '3.6.1');
  switch (command) {
    case 'version':
    case 'health':
    case 'stop':
      return 150;
    case 'migrations up':
    case 'migrations finish':
    case 'migrations bootstrap':
      return slow ? 1000 : 400;
    case 'start':
    case 'restart':
    case 'reload':
      return 900;
    case 'quit':
      return 1000;
    default:
      return 300;
  }
}

/** Makes a command as slow as the real one, so that nothing comes to rely on a faster Kong. */
export async function keepPace(command: string, version: KongVersion): Promise<void> {
  await sleep(Math.max(0, least(command, version) - (performance.now() - started)));
}
