import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { Via } from '../../../domain/plan/index.ts';
import type { TrafficState, Verification } from '../../../domain/traffic/state.ts';
import type { TestersChange, TrafficDescription, TrafficRouter, VerifyOptions, WeightChange } from '../port.ts';
import { carriedBy, together, type Carrier } from './carrier.ts';
import { changeAll, type ObjectChange } from './change.ts';
import { connect, describeRef, type KubernetesObject, type Objects } from './objects.ts';
import type { ClusterRef } from './kubeconfig.ts';
import { checkOwners, ownersOf, whatKeepsIt } from './owners.ts';
import { pollUntil } from './poll.ts';

/** What the kinds of balancers that are objects of Kubernetes differ in. */
export interface ObjectKind {
  readonly driver: Via;
  /** Owners that the fields may be taken from, besides people's tools. */
  readonly takeFrom: readonly string[];
  readonly weights?: readonly number[];
  /** The objects of this balancer; asked for at each call. */
  carriers(objects: Objects): Promise<readonly Carrier[]>;
  /** Error `BalancerNotPrepared` for what the plan needs and the objects don't have. */
  check?(objects: Objects, found: readonly KubernetesObject[]): Promise<void> | void;
  /** Whether who carries the traffic goes by the objects. */
  inForce(objects: Objects, found: readonly KubernetesObject[], weight: number): Promise<Verification> | Verification;
  /** Where the way of testers is in objects of its own. */
  readonly testers?: TestersObjects;
  /** The way of testers is in the same object. */
  readonly ownTesters?: boolean;
}

export interface TestersObjects {
  /** Error `BalancerNotPrepared` if they can't be made. */
  check(objects: Objects, found: readonly KubernetesObject[]): Promise<void>;
  areOpen(objects: Objects, found: readonly KubernetesObject[]): Promise<boolean>;
  move(objects: Objects, found: readonly KubernetesObject[], open: boolean): Promise<void>;
}

/**
 * Milliseconds from what the API tells to what the controller does, which nothing reports. Traefik says `Accepted`, and splits by it up to 2 s
 * later. Where Y has a share, that is measured; where it has none any more, its nodes may be stopped next.
 */
const UNREPORTED = 3_000;

/** A balancer that is changed through the API of Kubernetes. The epoch stands in annotations, written in the same request as the weight. */
export function createObjectRouter(cluster: ClusterRef, kind: ObjectKind): TrafficRouter {
  let connected: Objects | undefined;
  const objects = () => (connected ??= connect(cluster));

  async function read(): Promise<{ carriers: readonly Carrier[]; found: readonly KubernetesObject[] }> {
    const carriers = await kind.carriers(objects());
    const found = await Promise.all(carriers.map(({ ref }) => objects().read(ref)));
    return { carriers, found };
  }
  const pairs = async () => {
    const { carriers, found } = await read();
    return carriers.flatMap((carrier, index) => {
      const object = found[index];
      return object === undefined ? [] : [{ carrier, object }];
    });
  };
  async function current(): Promise<TrafficState> {
    const all = await pairs();
    const state = together(all.map(({ carrier, object }) => carriedBy(carrier, object)));
    if (kind.testers === undefined) return state;
    const found = all.map(({ object }) => object);
    return { ...state, testers: await kind.testers.areOpen(objects(), found) };
  }
  async function change(wanted: ObjectChange): Promise<TrafficState> {
    await changeAll(objects(), await kind.carriers(objects()), wanted);
    return confirm(wanted);
  }
  async function confirm({ by, epoch, weight, testers, retreat }: ObjectChange): Promise<TrafficState> {
    const after = await current();
    // A later change has brought everything to X already.
    if (retreat && weight === 0 && after.weight === 0 && after.epoch >= epoch) return after;
    const isSo =
      after.epoch === epoch &&
      after.by === by &&
      (weight === undefined || after.weight === weight) &&
      (testers === undefined || after.testers === testers);
    if (isSo) return after;
    const way = after.testers === undefined ? '' : `, testers ${after.testers ? 'reach Y' : "don't reach Y"}`;
    throw new CrossfadeError(
      after.epoch > epoch ? 'StaleEpoch' : 'WeightNotApplied',
      `${objects().server} shows ${after.weight} % on Y${way} (epoch ${after.epoch}) after the change of epoch ${epoch}.`,
    );
  }

  async function describe(): Promise<TrafficDescription> {
    const all = await pairs();
    const places = all.map(({ carrier, object }) => {
      const owners = ownersOf(object, carrier.owned);
      checkOwners(carrier.ref, owners, kind.takeFrom);
      const taken = owners.length === 0 ? '' : `, taken over from ${owners.join(' and ')}`;
      return `${describeRef(carrier.ref)}${taken}`;
    });
    const found = all.map(({ object }) => object);
    await kind.check?.(objects(), found);
    await kind.testers?.check(objects(), found);
    return {
      driver: kind.driver,
      place: `${places.join('; ')} (${objects().server})`,
      ...(kind.weights === undefined ? {} : { weights: kind.weights }),
      lacks: all.flatMap(({ carrier, object }) => whatKeepsIt(carrier.ref, object)),
    };
  }

  async function verify(weight: number, watch: VerifyOptions): Promise<Verification> {
    const look = async () => {
      const all = await pairs();
      const now = together(all.map(({ carrier, object }) => carriedBy(carrier, object)));
      const what = `${all.map(({ carrier }) => describeRef(carrier.ref)).join(', ')}: ${now.weight} % on Y`;
      if (now.weight !== weight) return { agrees: false, what };
      const found = all.map(({ object }) => object);
      const inForce = await kind.inForce(objects(), found, weight);
      return { agrees: inForce.agrees, what: `${what}; ${inForce.what}` };
    };
    return pollUntil(watch, look, weight === 0 ? UNREPORTED : 0);
  }

  async function setTesters({ upgrade, open, epoch }: TestersChange): Promise<TrafficState> {
    const wanted = { by: upgrade.runId, epoch, retreat: false };
    if (kind.testers === undefined) return change({ ...wanted, testers: open });
    const { carriers, found } = await read();
    // The epoch first: a call that comes too late makes nothing.
    await changeAll(objects(), carriers, wanted);
    await kind.testers.move(objects(), found, open);
    return confirm({ ...wanted, testers: open });
  }

  return {
    describe,
    current,
    verify,
    set: ({ upgrade, weight, epoch, expected }: WeightChange) => {
      const retreat = expected === undefined;
      return change({ by: upgrade.runId, weight, epoch, retreat, ...(retreat ? {} : { expected }) });
    },
    ...(kind.testers !== undefined || kind.ownTesters === true ? { setTesters } : {}),
  };
}
