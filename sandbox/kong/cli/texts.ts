import type { Subsystem } from '../schema/versions.ts';

export const NEEDS_BOOTSTRAP = `Database needs bootstrapping or is older than Kong 1.0.

To start a new installation from scratch, run 'kong migrations bootstrap'.

To migrate from a version older than 1.0, migrated to Kong 1.5.0 first. 
If you still have 'apis' entities, you can convert them to Routes and Services
using the 'kong migrations migrate-apis' command in Kong 1.5.0.

`;
export const NEW_AVAILABLE = `New migrations available; run 'kong migrations up' to proceed`;
export const PENDING = `Database has pending migrations; run 'kong migrations finish'`;
export const ABORTED = 'aborted: another node is performing database changes';

/** Subsystems with their migrations, names right-aligned. */
export function table(subsystems: readonly Subsystem[]): string {
  const width = Math.max(...subsystems.map(({ name }) => name.length));
  return subsystems.map(({ name, migrations }) => `${name.padStart(width)}: ${migrations.join(', ')}`).join('\n');
}

/** Kong's Lua stack below a failed migration. */
export const MIGRATION_TRACEBACK = `stack traceback:
	[C]: in function 'assert'
	/usr/local/share/lua/5.1/kong/cmd/utils/migrations.lua:104: in function </usr/local/share/lua/5.1/kong/cmd/utils/migrations.lua:70>
	[C]: in function 'xpcall'
	/usr/local/share/lua/5.1/kong/db/init.lua:403: in function </usr/local/share/lua/5.1/kong/db/init.lua:353>`;
