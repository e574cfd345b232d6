import { cancellationSignal } from '@temporalio/activity';
import type { ProveEncryption } from '../adapters/backup-objects/prove.ts';
import type { Deck } from '../adapters/deck/deck.ts';
import type { BackupFiles } from '../adapters/files/index.ts';
import type { Keyring } from '../adapters/kong/keyring.ts';
import type { ReadAdminRights } from '../adapters/postgres/admin-rights.ts';
import type { ReadConnections } from '../adapters/postgres/connections.ts';
import type { FindDumpAccount } from '../adapters/postgres/dump-account.ts';
import type { Finding } from '../domain/findings.ts';
import type { DatabaseRef, Plan, Side } from '../domain/plan/index.ts';
import * as rules from '../domain/rules/index.ts';
import { filesOfNodes } from '../domain/static-files.ts';
import { chooseFiles } from './backup/choose-files.ts';
import type { BackupMeans } from './contract.ts';

export interface CheckBackupDeps {
  readonly files: BackupFiles;
  readonly deck: Deck;
  readonly keyring: Keyring;
  readonly proveEncryption: ProveEncryption;
  readonly connections: ReadConnections;
  /** What the `admin` of a database may do. */
  readonly adminMay: ReadAdminRights;
  readonly dumpAccount: FindDumpAccount;
}

/** Rules of the preflight whose findings are that the backup will work; each throws what it can't read. */
export function createBackupChecks(deps: CheckBackupDeps) {
  return {
    /** On the host of the side. */
    async files(side: 'x' | 'y', cluster: Side, named: readonly string[], encrypted: boolean): Promise<Finding> {
      const from = { files: named, prefixes: filesOfNodes(cluster), encrypted };
      return rules.files(side, await chooseFiles(deps.files, from, cancellationSignal()));
    },

    /** On the host that makes the backup. */
    async deck({ deck: plan, admin, access }: BackupMeans): Promise<Finding> {
      if (plan === false) return rules.deck(undefined);
      const signal = cancellationSignal();
      const program = await deps.deck.find(plan, signal);
      await deps.deck.ping(program, { admin, access }, signal);
      return rules.deck({ version: program.version, workspaces: await deps.deck.workspaces({ admin, access }) });
    },

    /** On the host that makes the backup and restores it for a test. */
    async encryption({ encrypt }: BackupMeans): Promise<readonly Finding[]> {
      if (encrypt === undefined) return [];
      await deps.proveEncryption(encrypt);
      return [rules.encrypted(encrypt)];
    },

    /** On the host that makes the backup. */
    async dumpAccount(database: DatabaseRef): Promise<Finding> {
      return rules.dumpAccount(await deps.dumpAccount(database));
    },

    async drillServer({ on }: BackupMeans, database: DatabaseRef): Promise<readonly Finding[]> {
      if (on === undefined) return [];
      const [its, ofKong] = await Promise.all([deps.connections(on), deps.connections(database)]);
      const may = on.admin === undefined ? { databases: true } : await deps.adminMay(on);
      return [rules.drillServer(on, its.serverMajor, ofKong.serverMajor, may)];
    },

    async keyring({ x, backup }: Plan): Promise<Finding> {
      const target = { admin: x.nodes[0]?.admin ?? '', access: x.admin };
      const state = await deps.keyring.read(target);
      const encrypted = backup.encrypt !== undefined;
      if (!encrypted || state.kind !== 'cluster' || state.keys === 0) return rules.keyring(state, encrypted, undefined);
      // Kong says only by an export whether it can; what it gives is let go.
      const failed = await deps.keyring.export(target).then(
        () => undefined,
        (error: Error) => error.message,
      );
      return rules.keyring(state, encrypted, failed);
    },
  };
}
