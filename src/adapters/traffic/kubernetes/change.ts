import { CrossfadeError } from '../../../domain/errors/index.ts';
import { decideWeight } from '../../../domain/traffic/change.ts';
import { carriedBy, marksOf, type Carried, type Carrier } from './carrier.ts';
import { Conflict } from './failure.ts';
import { describeRef, type KubernetesObject, type Objects } from './objects.ts';
import { ownersOf } from './owners.ts';

/** A change of every object of a balancer. What is left out stays as it is. */
export interface ObjectChange {
  readonly by: string;
  readonly epoch: number;
  readonly weight?: number;
  readonly testers?: boolean;
  /** Left out by a retreat. */
  readonly expected?: number;
  readonly retreat: boolean;
}

interface Found {
  readonly carrier: Carrier;
  readonly object: KubernetesObject;
}

interface Changed extends Found {
  readonly before: Carried;
}

/** How often an object that others write to at the same time is read and decided on again. */
const TRIES = 5;

/**
 * Changes the objects one after the other: all, or none, since what was changed is put back when one of them refuses. A retreat puts nothing
 * back, and goes on with the others. Between the look at an object and its change nobody else can change it (`resourceVersion`).
 */
export async function changeAll(objects: Objects, carriers: readonly Carrier[], change: ObjectChange): Promise<void> {
  const found = await Promise.all(
    carriers.map(async (carrier) => ({ carrier, object: await objects.read(carrier.ref) })),
  );
  // Refused by one of them, nothing is changed.
  for (const one of found) nextOf(one, change);
  const changed: Changed[] = [];
  const failed: unknown[] = [];
  for (const one of found) {
    if (failed.length > 0 && !change.retreat) break;
    try {
      const done = await changeOne(objects, one, change);
      if (done !== undefined) changed.push(done);
    } catch (error) {
      failed.push(error);
    }
  }
  if (failed.length === 0) return;
  if (!change.retreat) await putBack(objects, changed);
  throw failed[0];
}

/** What it will be, or `undefined` where it is so already. Errors `StaleEpoch` and `ForeignChange`. */
function nextOf({ carrier, object }: Found, change: ObjectChange): Carried | undefined {
  const { by, epoch, expected } = change;
  const now = readNow(carrier, object, change);
  const weight = change.weight ?? now.weight;
  const wanted = { by, epoch, weight, ...(expected === undefined ? {} : { expected }) };
  const decision = decideWeight({ ...now, out: [] }, wanted);
  if (decision.do === 'refuse')
    throw new CrossfadeError(decision.code, `${describeRef(carrier.ref)} was not changed: ${decision.why}.`);
  const testers = change.testers ?? now.testers;
  if (decision.do === 'nothing' && testers === now.testers) return undefined;
  return { weight, epoch, by, ...(testers === undefined ? {} : { testers }) };
}

/** A retreat overwrites what is no share at all, too. */
function readNow(carrier: Carrier, object: KubernetesObject, { retreat }: ObjectChange): Carried {
  try {
    return carriedBy(carrier, object);
  } catch (error) {
    if (!retreat) throw error;
    return carriedBy({ ...carrier, share: () => ({ weight: Number.NaN }) }, object);
  }
}

async function changeOne(objects: Objects, first: Found, change: ObjectChange): Promise<Changed | undefined> {
  const { carrier } = first;
  let { object } = first;
  for (let tries = 1; ; tries++) {
    const next = nextOf({ carrier, object }, change);
    if (next === undefined) return undefined;
    try {
      const before = readNow(carrier, object, change);
      const after = await write(objects, { carrier, object }, next);
      return { carrier, object: after, before };
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      if (tries === TRIES)
        throw new CrossfadeError('BalancerBusy', `Others keep changing it meanwhile: ${error.message}`);
      object = await objects.read(carrier.ref);
    }
  }
}

/**
 * Whose the fields are was asked and told before the upgrade. By now the weight is the expected one, whoever owns it: so nothing of
 * theirs is lost by taking the fields over.
 */
function write(objects: Objects, { carrier, object }: Found, next: Carried): Promise<KubernetesObject> {
  const force = ownersOf(object, carrier.owned).length > 0;
  const { annotations, ...fields } = carrier.fields(object, next);
  const { resourceVersion } = object.metadata;
  const all = { ...fields, annotations: { ...annotations, ...marksOf(next) } };
  return objects.apply(carrier.ref, all, { force, resourceVersion });
}

/** What can't be put back is told by the next read, which finds the objects to differ. */
async function putBack(objects: Objects, changed: readonly Changed[]): Promise<void> {
  for (const { carrier, object, before } of [...changed].reverse())
    await write(objects, { carrier, object }, before).catch(() => undefined);
}
