import type { UpgradeStatus } from '../../src/domain/status/index.ts';
import type { Demo } from './set-up.ts';

/** What nobody may see: it is written behind the guard's back, and must turn up nowhere. */
export const HIDDEN_VALUE = 54_321;

/**
 * Somebody with a superuser's rights. Behind the guard's back a service is changed while 25 % bake; the guard is switched off on a
 * table, and stays off, while 50 % bake.
 */
export function createSuperuser({ scenario, sandbox }: Demo, note: (line: string) => void) {
  const done = new Set<number>();

  return async ({ traffic }: UpgradeStatus): Promise<void> => {
    const step = traffic.steps.find(({ state }) => state === 'running');
    if (!scenario.drift || step === undefined || done.has(step.y)) return;
    if (step.y === 25) {
      done.add(step.y);
      note('a superuser disables the guard on services, changes one, and enables it again');
      await sandbox.postgres.query(`BEGIN; ALTER TABLE services DISABLE TRIGGER crossfade_guard;
        UPDATE services SET connect_timeout = ${HIDDEN_VALUE} WHERE name = 'shop';
        ALTER TABLE services ENABLE TRIGGER crossfade_guard; COMMIT`);
    }
    if (step.y === 50) {
      done.add(step.y);
      note('a superuser disables the guard on routes, and leaves it so');
      await sandbox.postgres.query('ALTER TABLE routes DISABLE TRIGGER crossfade_guard');
    }
  };
}
