import type { TrafficState } from '../../../domain/traffic/state.ts';
import { MARKS } from './names.ts';
import type { Fields, KubernetesObject, ObjectRef } from './objects.ts';
import type { FieldPath } from './owners.ts';

/** What the fields of an object say of the traffic. */
export interface Share {
  /** Percent on Y. */
  readonly weight: number;
  /** Where the same object lets testers through. */
  readonly testers?: boolean;
}

/** An object whose fields carry a share of the traffic: a route, an Ingress, a Service. */
export interface Carrier {
  readonly ref: ObjectRef;
  /** Error `ForeignChange` for what is no share between X and Y at all. */
  share(object: KubernetesObject): Share;
  /** Everything of the object that is Crossfade's once it has this share, besides the marks. */
  fields(object: KubernetesObject, share: Share): Fields;
  /** The fields that a change writes, and that somebody may own. */
  readonly owned: readonly FieldPath[];
}

/** What one object says, with whose it was. */
export interface Carried extends Share {
  readonly epoch: number;
  readonly by?: string;
  /** The weight that was set with the epoch; another one in force is somebody else's. */
  readonly marked?: number;
}

export function carriedBy(carrier: Carrier, object: KubernetesObject): Carried {
  const { annotations } = object.metadata;
  const epoch = wholeNumber(annotations[MARKS.epoch]) ?? 0;
  const marked = wholeNumber(annotations[MARKS.weight]);
  const by = annotations[MARKS.run];
  return {
    ...carrier.share(object),
    epoch,
    ...(by === undefined ? {} : { by }),
    ...(marked === undefined ? {} : { marked }),
  };
}

export const marksOf = ({ epoch, by, weight }: Carried): Record<string, string> =>
  by === undefined ? {} : { [MARKS.epoch]: String(epoch), [MARKS.run]: by, [MARKS.weight]: String(weight) };

/**
 * Several objects are one balancer. Where they differ, it is the odd one that is told: so that an upgrade never takes a mixture for the
 * weight that it has set.
 */
export function together(all: readonly Carried[]): TrafficState {
  const newest = all.reduce((a, b) => (b.epoch > a.epoch ? b : a));
  const set = newest.epoch === 0 ? 0 : (newest.marked ?? newest.weight);
  const { weight } = all.find((one) => one.weight !== set) ?? newest;
  const testers = newest.testers === undefined ? {} : { testers: all.every((one) => one.testers === true) };
  return { weight, out: [], epoch: newest.epoch, ...(newest.by === undefined ? {} : { by: newest.by }), ...testers };
}

const wholeNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
