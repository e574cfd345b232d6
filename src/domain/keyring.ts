/** Where the keys of Kong's Data Encryption are. `vault`: not with Kong, so there is nothing to export. `keys`: how many. */
export type KeyringState =
  | { readonly kind: 'none' }
  | { readonly kind: 'vault'; readonly strategy: string }
  | { readonly kind: 'cluster'; readonly keys: number };
