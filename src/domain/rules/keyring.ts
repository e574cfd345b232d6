import type { Finding } from '../findings.ts';
import type { KeyringState } from '../keyring.ts';
import { plural } from '../plural.ts';
import { pass, refuse } from './finding.ts';

const RULE = 'keyring';

/** Without its keyring, a restored database can't be read where Data Encryption is on. `encrypted`: the plan encrypts backups. */
export function keyring(state: KeyringState, encrypted: boolean, notExported: string | undefined): Finding {
  if (state.kind === 'none') return pass(RULE, 'Kong has no keyring: Data Encryption is off.');
  if (state.kind === 'vault')
    return pass(RULE, `The keys of Data Encryption are in a vault (strategy ${state.strategy}): back them up there.`);
  if (state.keys === 0) return pass(RULE, 'Data Encryption is on and has no key yet: nothing is encrypted.');
  const keys = `Data Encryption is on (${plural(state.keys, 'key')})`;
  if (!encrypted)
    return refuse(
      RULE,
      `${keys}, and the plan does not encrypt the backup: keys are never stored as they are.`,
      'Give `backup.encrypt.recipients` in the plan.',
    );
  if (notExported === undefined)
    return pass(RULE, `${keys}, and the keyring can be exported; keyring_private_key is needed to import it.`);
  return refuse(
    RULE,
    `${keys}, and the keyring can't be exported. ${notExported}`,
    "Kong exports it only where both keyring_public_key and keyring_private_key are set, and readable by Kong's workers: set them on X's nodes and reload these, then start again.",
  );
}
