import type { ControlConnections } from '../adapters/postgres/control-connection.ts';
import type { RunningDatabases } from '../adapters/temporal/running-databases.ts';

const EVERY = 30_000;

/**
 * Sees to it that this worker keeps a connection to every database that an upgrade has frozen, also when it came in the middle (after
 * a crash, during a bake) and has had nothing to do there yet. Returns what ends it.
 */
export function keepControl(control: ControlConnections, running: RunningDatabases): () => void {
  const look = async (): Promise<void> => {
    try {
      await Promise.all((await running()).map((database) => control.watch(database)));
    } catch {
      // Only a precaution; Temporal's own client tells when Temporal is away.
    }
  };
  void look();
  const timer = setInterval(() => void look(), EVERY);
  return () => clearInterval(timer);
}
