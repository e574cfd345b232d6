import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { step, type Print } from '../log.ts';
import { withLock } from '../machine-lock.ts';
import { StopWaiting, waitFor } from '../wait-for.ts';
import { onPath } from './find.ts';
import { runInstaller } from './run.ts';

/** Why Debian packages can't be installed by this process, with what a person does instead; `undefined` if they can. */
export function whyNotDebian(packages: string): string | undefined {
  if (onPath('apt-get') === undefined)
    return `there is no apt-get; install it with this system's own package manager (Debian: ${packages})`;
  if (process.getuid?.() !== 0)
    return `installing needs root: sudo apt-get update && sudo apt-get install -y ${packages}`;
  return undefined;
}

/** Installs Debian packages without starting the services that they bring. */
export async function installDebian(packages: readonly string[], print: Print): Promise<void> {
  await withLock(
    'apt',
    600_000,
    () => print('Waiting for another installation of Debian packages'),
    async () => {
      await step(print, 'apt-get update', () => aptGet('update'));
      await step(print, `apt-get install ${packages.join(' ')}`, () =>
        withoutServices(() => aptGet('install', '-y', '--no-install-recommends', ...packages)),
      );
    },
  );
}

/** Somebody else's apt-get may be at work: `install` waits for it when told to, `update` only fails. */
async function aptGet(...args: string[]): Promise<void> {
  const command = ['-o', 'DPkg::Lock::Timeout=300', ...args];
  await waitFor(
    `apt-get ${args[0]}`,
    async () => {
      try {
        await runInstaller('apt-get', command, { DEBIAN_FRONTEND: 'noninteractive' });
        return true;
      } catch (error) {
        if (String(error).includes('Could not get lock')) return false;
        throw new StopWaiting(error instanceof Error ? error.message : String(error));
      }
    },
    { timeoutMs: 300_000, everyMs: 1_000 },
  );
}

const POLICY = '/usr/sbin/policy-rc.d';
const SAVED = `${POLICY}.before-crossfade`;
const NO_POLICY = 'none\n';

/**
 * Debian starts a service as soon as its package is installed, unless this script forbids it. What was there before is
 * put back afterwards, also by the next installation if this one is killed.
 */
async function withoutServices(install: () => Promise<void>): Promise<void> {
  restorePolicy();
  if (existsSync(POLICY)) renameSync(POLICY, SAVED);
  else writeFileSync(SAVED, NO_POLICY);
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n');
  chmodSync(POLICY, 0o755);
  const restoreAndEnd = (signal: NodeJS.Signals) => {
    restorePolicy();
    process.kill(process.pid, signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, restoreAndEnd);
  try {
    await install();
  } finally {
    for (const signal of signals) process.off(signal, restoreAndEnd);
    restorePolicy();
  }
}

function restorePolicy(): void {
  if (!existsSync(SAVED)) return;
  const hadNone = readFileSync(SAVED, 'utf8') === NO_POLICY;
  rmSync(POLICY, { force: true });
  if (hadNone) rmSync(SAVED);
  else renameSync(SAVED, POLICY);
}
