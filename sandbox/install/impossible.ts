import { whyNotDebian } from './debian.ts';
import type { MissingProgram } from './missing.ts';
import { tool, type ToolName } from './tools.ts';

/** The Debian packages that these tools come in. */
export const debianPackages = (names: readonly ToolName[]) =>
  names.map(tool).flatMap((wanted) => (wanted.kind === 'debian' ? wanted.debian : []));

/** Which of these tools, if none of them is there, can't be got on this machine, and what a person does instead. */
export function whatIsImpossible(names: readonly ToolName[]): MissingProgram[] {
  const noDebian = whyNotDebian(debianPackages(names).join(' '));
  return names.flatMap((program) => {
    const wanted = tool(program);
    if (wanted.kind === 'fetched' && wanted.otherwise() !== undefined) return [];
    const needs = wanted.kind === 'debian' ? noDebian : wanted.whyNot();
    return needs === undefined ? [] : [{ program, needs }];
  });
}
