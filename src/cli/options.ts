import { userInfo } from 'node:os';
import { InvalidArgumentError, Option } from 'commander';

/** `--by`, by default who is logged in; must be given where nobody is. */
export function byOption(description: string): Option {
  const option = optionalByOption(description);
  return option.defaultValue === undefined ? option.makeOptionMandatory() : option;
}

/** The same where somebody else may be known. */
export function optionalByOption(description: string): Option {
  const option = new Option('--by <name>', description).argParser(nameOf);
  const user = loggedIn();
  return user === undefined ? option : option.default(user, 'who is logged in');
}

function nameOf(text: string): string {
  const name = text.trim();
  if (name === '') throw new InvalidArgumentError('A name is expected.');
  return name;
}

/** `$USER`, else what the system calls who runs this; a container may run as a user without a name. */
export function loggedIn(env = process.env, ofSystem = () => userInfo().username): string | undefined {
  const told = env['USER'] || env['LOGNAME'];
  if (told) return told;
  try {
    return ofSystem() || undefined;
  } catch {
    return undefined;
  }
}
