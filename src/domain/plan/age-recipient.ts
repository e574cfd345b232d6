const LETTERS = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
/** X25519, hybrid with ML-KEM, and keys on hardware of the first and the second kind. Plugins' are not among them. */
const KINDS: ReadonlySet<string> = new Set(['age', 'age1pq', 'age1tag', 'age1tagpq']);

/** Why this is no recipient of age that can be encrypted for; `undefined` when it is one. A typing error fails its checksum (Bech32). */
export function recipientFault(text: string): string | undefined {
  const at = text.lastIndexOf('1');
  const kind = text.slice(0, at);
  const values = [...text.slice(at + 1)].map((letter) => LETTERS.indexOf(letter));
  if (at < 0 || values.length < 7 || values.includes(-1)) return 'expected a recipient of age (age1...)';
  const codes = [...kind].map((letter) => letter.charCodeAt(0));
  const all = [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31), ...values];
  if (all.reduce(polymod, 1) !== 1)
    return 'is no recipient of age: its checksum is wrong, a letter may be missing or mistyped';
  if (!KINDS.has(kind)) return 'is the recipient of a plugin of age, which Crossfade can not encrypt for';
  return undefined;
}

const polymod = (sum: number, value: number): number =>
  GENERATOR.reduce(
    (next, term, bit) => (((sum >> 25) >> bit) & 1 ? next ^ term : next),
    ((sum & 0x1ffffff) << 5) ^ value,
  );
