/** The state of Kong's migrations as one binary sees it (`kong migrations status` and the exit code of `list`). */
export interface MigrationState {
  /** `clean`: nothing to do. `new`: `up` has work. `pending`: `finish` has work. `pending-and-new`: both. */
  readonly state: 'needs-bootstrap' | 'clean' | 'new' | 'pending' | 'pending-and-new';
  /** `<subsystem>/<migration>`, in the order Kong gives. */
  readonly executed: readonly string[];
  readonly pending: readonly string[];
  readonly new: readonly string[];
}
