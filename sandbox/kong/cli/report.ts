import type { MigrationState } from '../db/state.ts';
import { namespace, type Subsystem } from '../schema/versions.ts';
import type { Command } from './command.ts';
import { NEEDS_BOOTSTRAP, table } from './texts.ts';

/** `kong migrations list`: the only one whose exit code tells the state (0, 3, 4, 5). */
export function list({ out, version }: Command, state: MigrationState): number {
  if (state.needsBootstrap) {
    out.info(NEEDS_BOOTSTRAP);
    return 3;
  }
  if (state.executed.length > 0) out.info(`Executed migrations:\n${table(state.executed)}`);
  if (state.pending.length > 0) out.info(`\nPending migrations:\n${table(state.pending)}`);
  if (state.fresh.length > 0) out.info(`\nNew migrations available:\n${table(state.fresh)}`);
  if (state.pending.length > 0 && state.fresh.length > 0) {
    out.warn(
      `Database has pending migrations from a previous upgrade, and new migrations from this upgrade (version ${version})`,
    );
    out.info(
      `\n\nRun 'kong migrations finish' when ready to complete pending migrations (postgres database will be incompatible with the previous Kong version)`,
    );
  } else if (state.pending.length > 0) out.info(`\nRun 'kong migrations finish' when ready`);
  else if (state.fresh.length > 0) out.info(`\nRun 'kong migrations up' to proceed`);
  if (state.pending.length > 0) return 4;
  return state.fresh.length > 0 ? 5 : 0;
}

/** `kong migrations status`: one line of JSON, always exit code 0. */
export function status({ out }: Command, state: MigrationState): number {
  const json = (subsystems: readonly Subsystem[]): object[] | undefined =>
    subsystems.length === 0
      ? undefined
      : subsystems.map(({ name, migrations }) => ({ subsystem: name, namespace: namespace(name), migrations }));
  out.print(
    JSON.stringify({
      needs_bootstrap: state.needsBootstrap,
      executed_migrations: json(state.executed),
      pending_migrations: json(state.pending),
      new_migrations: json(state.fresh),
    }),
  );
  return 0;
}
