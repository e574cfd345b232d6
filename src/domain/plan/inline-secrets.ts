import { fieldsOf, toPath, type Fault } from './fault.ts';

/** Names of variables and headers that hold secrets, by their wording. */
const SECRET_NAME = /pass(word|phrase)?$|secret|token|api[-_]?key|authorization|cookie|credential|private/i;

/** `://user:password@` of an address. */
const USER_INFO = /:\/\/[^\s/?#]*:[^\s/?#]*@/;

export const holdsUserInfo = (text: string): boolean => USER_INFO.test(text);

/**
 * Secrets that stand in the plan itself. The plan is the workflow's input: Temporal keeps it, and shows it to whoever may
 * read a history. Works on the plan as it came, so that no other fault hides one. No message repeats the value.
 */
export function inlineSecrets(plan: unknown): Fault[] {
  const faults: Fault[] = [];
  // YAML may refer to a value from many places, and from within itself.
  const seen = new Set<unknown>();

  const visit = (value: unknown, path: readonly PropertyKey[]): void => {
    if (typeof value === 'string' && holdsUserInfo(value))
      faults.push({ path: toPath(path), message: USER_INFO_FAULT });
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    if (Array.isArray(value)) return value.forEach((one, index) => visit(one, [...path, index]));
    // What a test expects to come back is no secret of ours.
    const given = path.at(-1) === 'env' || (path.at(-1) === 'headers' && path.at(-2) !== 'expect');
    for (const [name, one] of Object.entries(fieldsOf(value))) {
      if (given && typeof one === 'string' && SECRET_NAME.test(name))
        faults.push({ path: toPath([...path, name]), message: SECRET_FAULT });
      else visit(one, [...path, name]);
    }
  };
  visit(plan, []);
  return faults;
}

const SECRET_FAULT =
  'expected a reference to a secret, { "env": "NAME" } or { "file": "/path" }, since it looks like one: Temporal keeps what stands in the plan';

const USER_INFO_FAULT =
  'holds a password (://user:password@), and Temporal keeps what stands in the plan: leave it out of the address, or refer to it with { "env": "NAME" } or { "file": "/path" }';
