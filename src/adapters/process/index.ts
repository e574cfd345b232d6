export { runCommand, type CommandResult, type RunCommand, type RunOptions } from './run.ts';
