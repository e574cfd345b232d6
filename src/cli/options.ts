import { Option } from 'commander';

/** `--by`, by default who is logged in. */
export function byOption(description: string): Option {
  const option = new Option('--by <name>', description);
  const user = process.env['USER'] ?? process.env['LOGNAME'];
  return user === undefined || user === '' ? option.makeOptionMandatory() : option.default(user, '$USER');
}
