import { printToStderr, type Print } from '../log.ts';
import { installDebian } from './debian.ts';
import { debianPackages, whatIsImpossible } from './impossible.ts';
import { MissingPrograms } from './missing.ts';
import { tool, type ToolName } from './tools.ts';

export { MissingPrograms } from './missing.ts';
export type { ToolName } from './tools.ts';

/** Full paths by tool; of `postgres`, the folder of its programs. */
export type ToolPaths<Name extends ToolName> = Readonly<Record<Name, string>>;

/**
 * Makes sure that these tools are there: what is missing is installed, side by side, with a line per step. Nothing is done, and
 * nothing is printed, if all are there. Any number of processes may do it at the same time.
 * @throws {@link MissingPrograms} with everything that this machine lacks and can't install, before anything is installed
 */
export async function installTools<Name extends ToolName>(
  names: readonly Name[],
  print: Print = printToStderr,
): Promise<ToolPaths<Name>> {
  const missing = names.filter((name) => tool(name).find() === undefined);
  if (missing.length > 0) await install(missing, print);
  const paths = names.map((name) => [name, pathOf(name)] as const);
  return Object.fromEntries(paths) as ToolPaths<Name>;
}

function pathOf(name: ToolName): string {
  const wanted = tool(name);
  const path = wanted.find() ?? (wanted.kind === 'fetched' ? wanted.otherwise() : undefined);
  if (path === undefined) throw new Error(`${name} was installed without an error, but can't be found.`);
  return path;
}

async function install(names: readonly ToolName[], print: Print): Promise<void> {
  const impossible = whatIsImpossible(names);
  if (impossible.length > 0) throw new MissingPrograms(impossible);
  const packages = debianPackages(names);
  const work = names.map((name) => fetchIfPossible(name, print));
  if (packages.length > 0) work.push(installDebian(packages, print));
  const failed = (await Promise.allSettled(work)).flatMap((result) =>
    result.status === 'rejected' ? [result.reason as Error] : [],
  );
  if (failed.length > 0) throw new Error(failed.map(({ message }) => message).join('\n\n'));
}

async function fetchIfPossible(name: ToolName, print: Print): Promise<void> {
  const wanted = tool(name);
  if (wanted.kind !== 'fetched' || wanted.whyNot() !== undefined) return;
  try {
    await wanted.fetch(print);
  } catch (error) {
    const own = wanted.otherwise();
    if (own === undefined) throw error;
    print(`Using ${own} instead`);
  }
}
