/** Files whose lines are settings: elsewhere a line such as `token = next()` is code. */
const SETTINGS =
  /(^|\/)(\.kong_env|\.?env|environment|[^/]*\.(conf|cnf|cfg|ini|env|service|ya?ml|json|toml|properties))$/i;

/** Files that hold nothing else, in forms that no text shows. */
const KEY_FILE = /\.(key|p12|pfx|jks|keystore)$/i;

const PRIVATE_KEY = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|AGE-SECRET-KEY-1/;

/** Kong takes the content of a file, in base64, where it takes its path; this is how a PEM begins, and how long it is at least. */
const INLINE_PEM = /LS0tLS1CRUdJTi[A-Za-z0-9+/]{20,60}/g;

/** `pg_password = x`, `KONG_PG_PASSWORD=x`, `Environment="KONG_PG_PASSWORD=x"`, `password: x`, `"password": "x"`. */
const SETTING =
  /^[ \t]*(?:-[ \t]+)?(?:export[ \t]+|Environment[ \t]*=[ \t]*)?["']?([A-Za-z][\w.-]*)["']?[ \t]*[=:][ \t]*(\S[^\n]*)/gm;

const SECRET_NAME = /(password|passwd|passphrase|token|secret|secret_(id|key|access_key)|api_?key|license_data)$/i;

/** Secrets within the value of a setting that is a document of its own. */
const IN_DOCUMENT = /"(\w*(?:password|secret|token))"\s*:\s*"(?!")/i;

/** Nothing, a switch, or something that only leads to the secret. */
const NO_SECRET =
  /^(["']{2}|#|;|["']?\{|["']?\$\{\w+\}["']?\s*$|\*\w|["']?(null|none|nil|~|on|off|true|false)["']?\s*,?\s*$)/i;

const USER_INFO = /:\/\/[^\s/?#:@]+:[^\s/?#@]+@/;

const LICENCE = /"license_key"\s*:\s*"|"license"\s*:\s*\{\s*"payload"/;

/**
 * What of a file must not be stored as it is, in words that never hold the value: `a private key`, `` `pg_password` ``. `text`: the file, or a
 * part of it that ends and begins at a line.
 */
export function secretIn(path: string, text: string): string | undefined {
  if (PRIVATE_KEY.test(text) || KEY_FILE.test(path) || holdsInlineKey(text)) return 'a private key';
  if (LICENCE.test(text)) return 'a licence';
  if (!SETTINGS.test(path)) return undefined;
  for (const [, name = '', value = ''] of text.matchAll(SETTING)) {
    if (SECRET_NAME.test(name) && !NO_SECRET.test(value)) return `\`${name}\``;
    if (IN_DOCUMENT.test(value)) return `\`${name}\``;
    if (USER_INFO.test(value)) return `a password in the address of \`${name}\``;
  }
  return undefined;
}

const holdsInlineKey = (text: string): boolean =>
  [...text.matchAll(INLINE_PEM)].some(([start]) =>
    atob(start.slice(0, start.length - (start.length % 4))).includes('PRIVATE KEY'),
  );
