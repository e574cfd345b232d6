import { activityInfo } from '@temporalio/activity';
import type { Activities, Readiness, Seal } from '../../src/activities/contract.ts';
import { createOpenActivities, type OpenDeps } from '../../src/activities/open.ts';
import { createOpenRestore } from '../../src/activities/restore/open.ts';
import type { BackupRef, StoredObject } from '../../src/domain/backup.ts';
import type { Fingerprint, FreezeState } from '../../src/domain/configuration.ts';
import { CrossfadeError } from '../../src/domain/errors/index.ts';
import type { MigrationState } from '../../src/domain/migrations.ts';
import type { BackupFacts } from '../../src/domain/restore/index.ts';
import type { TrafficState } from '../../src/domain/traffic/state.ts';
import type { Balancer } from '../../src/domain/traffic/balancers.ts';
import type { SideFigures, Verdict } from '../../src/domain/verdict/index.ts';
import type { ActivityName, World } from './fake-activities-world.ts';

type Input<K extends ActivityName> = Parameters<Activities[K]>[0];
type Fakes = { [K in ActivityName]: (world: World, input: Input<K>) => Awaited<ReturnType<Activities[K]>> };

const AT = '2026-01-01T00:00:00.000Z';
const HASH = 'a'.repeat(64);

const figures: SideFigures = { requests: 1000, errors: 0, errorRatio: 0, unmatched: 0, unmatchedRatio: 0, seconds: 1 };
export const pass: Verdict = { verdict: 'pass', control: 'x', reasons: [], x: figures, y: figures };
export const fail: Verdict = {
  verdict: 'fail',
  control: 'x',
  reasons: [{ metric: 'errorRatio', text: 'Y answers 5 % errors, X 0 %' }],
};
export const inconclusive: Verdict = {
  verdict: 'inconclusive',
  control: 'x',
  reasons: [{ metric: 'requests', text: 'Y got 3 requests, 200 are needed' }],
};

export const both: Verdict = {
  verdict: 'inconclusive',
  control: 'x',
  reasons: [{ metric: 'errorRatio', text: 'Both sides answer too much with 5xx' }],
  both: true,
};

function migrations(world: World, ran: boolean): MigrationState {
  const pending = ran && world.pendingAfterUp && !world.finished;
  const state = pending ? 'pending' : 'clean';
  return { state, executed: ['core/000_base'], pending: pending ? ['core/023_360_to_370'] : [], new: [] };
}

const freezeState = ({ frozen }: World): FreezeState => ({
  frozen,
  guardedTables: 40,
  unknownTables: [],
  unguardedTables: [],
  nodeWriters: [],
  ...(frozen ? { since: new Date().toISOString(), runId: 'a run' } : {}),
});
const fingerprint = (world: World): Fingerprint => ({
  whole: HASH.slice(1) + String(world.drift.length),
  tables: 40,
  rows: 120,
  takenAt: AT,
});
const traffic = ({ weight, weights, out, epoch, testers }: World, { at }: { at: Balancer }): TrafficState => {
  return { weight: weights.get(at.name) ?? weight, out: [...out], epoch, testers };
};
const stored = (kind: StoredObject['kind'], key: string): StoredObject => {
  return { kind, key: `crossfade/${key}`, size: 1024, sha256: HASH, content: 4096, packing: ['zstd'], source: key };
};

/** Refuses an older epoch, as every driver must. */
function turn(world: World, epoch: number): void {
  if (epoch < world.epoch) throw new CrossfadeError('StaleEpoch', `epoch ${epoch} is older than ${world.epoch}`);
  world.epoch = epoch;
}

const BACKUP: BackupFacts = {
  ...{ id: 'a/before', manifestKey: 'crossfade/c/a/before/manifest.json', label: 'before', takenAt: AT, kong: '3.6.1' },
  ...{ objects: 3, bytes: 4096, encrypted: false, workspaces: ['default'], hosts: ['h1'], keyring: false },
  database: { name: 'kong', bytes: 8_000_000, tables: 40, rows: 120, fingerprint: HASH, pending: 0, leftOut: [] },
};

function readiness(world: World, { version, nodes }: Input<'checkNodes'>['cluster']): Readiness {
  const side = version === '3.6.1' ? 'x' : 'y';
  const up = side === 'x' ? world.xUp : world.yUp;
  const notReady = up
    ? world.nodesNotReady[side]
    : Object.fromEntries(nodes.map(({ name }) => [name, 'does not answer']));
  return { ready: nodes.map(({ name }) => name).filter((name) => !(name in notReady)), notReady };
}

const fakes: Omit<Fakes, 'openUpgrade' | 'openRestore' | keyof typeof lookouts> = {
  checkRules: (world, { frozen }) => (frozen ? world.frozenFindings : world.findings),
  checkHost: (_, { side }) => [{ rule: `host-${side}`, level: 'pass', message: 'all programs are there' }],
  checkBalancer: () => [{ rule: 'balancer', level: 'pass', message: 'prepared for every step' }],
  runUserCommands: () => undefined,
  waitForQuiet: () => undefined,
  freezeConfiguration: (world) => {
    world.frozen = true;
    return freezeState(world);
  },
  readFreeze: freezeState,
  thawConfiguration: (world) => {
    world.frozen = false;
    return freezeState(world);
  },
  takeBaseline: (world) => {
    const taken = fingerprint(world);
    world.drift = [];
    return taken;
  },
  checkDrift: (world) => ({ fingerprint: fingerprint(world), changes: world.drift, total: world.drift.length }),
  proveWritable: (world) => {
    if (world.frozen) throw new CrossfadeError('Sealed', 'a write was refused after the thaw');
  },
  dumpDatabase: () => stored('database', 'kong.dump'),
  dumpDeclarative: () => ({ objects: [stored('deck', 'default.yaml')], version: '1.43.0' }),
  exportKeyring: () => undefined,
  storeFiles: (_, { files }) => (files.length === 0 ? undefined : stored('files', 'host.tar')),
  removeOldBackups: () => ({ removed: [], kept: 1, notRemoved: [] }),
  sealBackup: (_, { label, objects }): BackupRef => {
    const bytes = objects.reduce((sum, { size }) => sum + size, 0);
    const manifestKey = `crossfade/${label}/manifest.json`;
    return {
      label,
      bucket: 'backups',
      manifestKey,
      objects: objects.length,
      bytes,
      takenAt: AT,
      encrypted: false,
      verified: true,
      restored: false,
    };
  },
  drillRestore: (_, { backup }) => ({ ...backup, restored: true }),
  prepareNodes: (_, { cluster }) => cluster.nodes.map(({ name }) => name),
  startNodes: (world, { side, cluster }) => {
    if (side === 'x' && world.lockedOut.length > 0) throw new CrossfadeError('NodeStartFailed', 'X may not log on');
    world[side === 'x' ? 'xUp' : 'yUp'] = true;
    return cluster.nodes.map(({ name }) => name);
  },
  stopNodes: (world, { side, cluster }) => {
    const serves = side === 'x' ? world.weight < 100 : world.weight > 0;
    if (serves) throw new CrossfadeError('Sealed', `${side} still gets traffic`);
    world[side === 'x' ? 'xUp' : 'yUp'] = false;
    return { stopped: cluster.nodes.map(({ name }) => name), cut: 0 };
  },
  reloadNode: () => ({ running: 0 }),
  restartNode: (world, { node }) => {
    if (!world.out.has(node)) throw new CrossfadeError('StillServing', `${node} is not out of the balancer`);
    return { cut: 0 };
  },
  removeNodes: (_, { cluster }) => cluster.nodes.map(({ name }) => name),
  checkNodes: (world, { cluster }) => readiness(world, cluster),
  drainNodes: () => ({ running: 0 }),
  checkSides: (world, { x, y }) => ({ x: readiness(world, x), y: readiness(world, y) }),
  compareEntities: () => ({ kinds: 12, entities: 120 }),
  readMigrations: (world, { side }) =>
    side === 'x' ? { state: 'clean', executed: ['core/000_base'], pending: [], new: [] } : migrations(world, true),
  migrateUp: (world) => ({ before: migrations(world, false), after: migrations(world, true), ran: ['core/023'] }),
  migrateFinish: (world) => {
    const before = migrations(world, true);
    world.finished = true;
    return { before, after: migrations(world, true), ran: ['core/023'] };
  },
  rehearseFinish: (_, { backup }) => ({
    migrations: ['core/023'],
    testsPassed: 2,
    backup: { ...backup, restored: true },
  }),
  readFinishFacts: (world) => ({
    xAnswering: world.xUp ? ['x1'] : [],
    ...(world.xUp ? { xRequests: 0 } : {}),
    overSeconds: 5,
    ...(world.told.by === 'nothing' ? {} : { xSessions: world.xUp ? ['2 of kong@10.0.0.1'] : [] }),
    strangers: world.strangers,
    drift: { fingerprint: fingerprint(world), changes: world.drift, total: world.drift.length },
    backupThere: true,
  }),
  writeSeal: (world, { upgrade, approvedBy }): Seal => {
    const { cluster, workflowId, runId } = upgrade;
    return (world.seal ??= { cluster, workflowId, runId, approvedBy, sealedAt: AT, closed: false });
  },
  readSeal: (world) => world.seal,
  closeSeal: (world) => {
    if (world.seal !== undefined) world.seal = { ...world.seal, closed: true };
  },
  prepareRoleOfY: (world, { role }) => {
    world.roleOfY = role;
  },
  dropRoleOfY: (world) => {
    if (world.yUp) throw new CrossfadeError('RoleOfYInUse', 'Y still runs');
    world.roleOfY = undefined;
    return undefined;
  },
  tellSessions: (world, { others }) => ({
    told: world.told,
    known: { roles: ['kong'], addresses: ['10.0.0.1'], others },
    strangers: world.strangers,
  }),
  lockOutX: (world, { roles }) => {
    world.lockedOut = roles;
  },
  letXIn: (world) => {
    const roles = world.lockedOut;
    world.lockedOut = [];
    return { roles, gone: [] };
  },
  checkBackup: (_, { backup }) => ({ ...BACKUP, id: backup }),
  lookBeforeSwap: (world, { names }) => ({
    present: {
      oid: [...world.databases].find(([, name]) => name === names.database)?.[0] ?? 0,
      bytes: 8_000_000,
      mark: world.mark,
      written: { configuration: true, tables: [{ table: 'public.services', then: 4, now: 6 }], differ: 1 },
    },
    obstacles: world.obstacles,
    remarks: [],
  }),
  restoreBeside: (world, { names }) => {
    world.databases.set(2, names.restored);
    return { restored: 2, remarks: ['the role reports is not there'] };
  },
  askX: () => "X's own `kong migrations list` (3.6.1) calls it clean",
  swapNames: (world, { names }) => {
    world.databases = new Map([
      [1, names.kept],
      [2, names.database],
    ]);
  },
  dropRestored: (world, { names }) => {
    const swapped = world.databases.get(2) === names.database;
    if (!swapped) world.databases.delete(2);
    return { swapped };
  },
  unpackBackup: (_, { folder }) => ({ folder: `${folder}/the-backup`, files: 3, remarks: [] }),
  removeUnpacked: () => undefined,
  runTests: (_, { cluster }) => ({ passed: 2, nodes: cluster.nodes.length }),
  compareAnswers: () => ({ compared: 3 }),
  readTraffic: traffic,
  setWeight: (world, { at, weight, epoch }) => {
    turn(world, epoch);
    world.weight = weight;
    world.weights.set(at.name, weight);
    return traffic(world, { at });
  },
  verifyWeight: (_, { weight }) => ({ agrees: true, what: `${weight} % is in force` }),
  setNodeOut: (world, { at, node, out, epoch }) => {
    turn(world, epoch);
    world.out[out ? 'add' : 'delete'](node);
    return traffic(world, { at });
  },
  setTesters: (world, { at, open, epoch }) => {
    turn(world, epoch);
    world.testers = open;
    return traffic(world, { at });
  },
  measureShare: (world, { weight }) => {
    const share = world.shareArrives ? weight : 0;
    return { share, low: share - 1, high: share + 1, requests: 2000, agrees: world.shareArrives };
  },
  writeReport: () => ({ jsonKey: 'crossfade/report.json', htmlKey: 'crossfade/report.html' }),
  notify: () => undefined,
};

/** What goes on beside something else, until that has ended. */
const lookouts = {
  watchTraffic,
  watchWeight: async (world: World, { at, weight, until }: Input<'watchWeight'>) => {
    const isForeign = () => (world.weights.get(at.name) ?? weight) !== weight;
    await world.seen(() => isForeign() || world.silent.has(at.name) === (until === 'silent'));
    if (isForeign()) throw new CrossfadeError('ForeignChange', `${at.name}: another weight was found`);
    return { why: 'it is away' };
  },
  awaitNodes: async (world: World, { whole }: Input<'awaitNodes'>) => {
    await world.seen(() => whole === (Object.keys(world.nodesNotReady.x).length === 0));
    return { notReady: world.nodesNotReady.x };
  },
};

async function watchTraffic(world: World, input: Input<'watchTraffic'>): ReturnType<Activities['watchTraffic']> {
  const { name, bake, weight } = input;
  const given = world.verdicts.get(name);
  const from = new Date().toISOString();
  const end = given === undefined || bake !== undefined ? await world.watch(bake) : 'breach';
  const verdict = end === 'breach' ? (given ?? fail) : (given ?? pass);
  return { verdict, from, to: new Date().toISOString(), weight, samples: 3, samplesKey: `crossfade/${name}.jsonl` };
}

/** The name, and what tells the calls of one activity apart: `setWeight:25`, `runTests:y`, `setNodeOut:y1:out`. */
function keyOf(name: ActivityName, input: Record<string, unknown>): string {
  const tells = (): unknown => {
    if (name === 'setWeight' || name === 'measureShare' || name === 'verifyWeight') return weightOf(input);
    if (name === 'setNodeOut') return `${String(input['node'])}:${input['out'] === true ? 'out' : 'in'}`;
    if (name === 'reloadNode' || name === 'restartNode') return input['node'];
    if (name === 'setTesters') return input['open'] === true ? 'open' : 'closed';
    if (name === 'watchTraffic') return input['name'];
    if (name === 'checkRules') return input['frozen'] === true ? 'frozen' : undefined;
    if (name === 'checkNodes') return (input['cluster'] as { version?: string }).version === '3.6.1' ? 'x' : 'y';
    return input['side'];
  };
  const told = tells();
  return told === undefined ? name : `${name}:${String(told as string | number)}`;
}

/** `25`; of several balancers also which: `25@edge-2`. */
function weightOf(input: Record<string, unknown>): string {
  const at = input['at'] as Balancer | undefined;
  const which = at === undefined || at.name === at.entry.via ? '' : `@${at.name}`;
  return `${String(input['weight'] as number)}${which}`;
}

/** All activities, each acting on the world of its own workflow. */
export function fakeActivities(worldOf: (workflowId: string) => World, open: OpenDeps): Activities {
  const opened = createOpenActivities(open);
  const openRestore = createOpenRestore(open);
  const names = [...Object.keys(fakes), ...Object.keys(lookouts), 'openUpgrade', 'openRestore'] as ActivityName[];
  const one = (name: ActivityName) => (input: unknown) => {
    const world = worldOf(activityInfo().workflowExecution?.workflowId ?? '');
    const usual = async (): Promise<unknown> => {
      if (name === 'openUpgrade') return opened.openUpgrade(input as Input<'openUpgrade'>);
      if (name === 'openRestore') return openRestore(input as Input<'openRestore'>);
      const fake = { ...fakes, ...lookouts }[name] as (world: World, input: unknown) => unknown;
      return fake(world, input);
    };
    return world.perform(name, keyOf(name, input as Record<string, unknown>), input, usual);
  };
  return Object.fromEntries(names.map((name) => [name, one(name)])) as unknown as Activities;
}
