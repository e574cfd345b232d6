import { CrossfadeError } from '../../../domain/errors/index.ts';
import { MANAGER } from './names.ts';
import { describeRef, type KubernetesObject, type ObjectRef } from './objects.ts';

/** A field, as the API writes it down for each manager: `['spec', 'rules']`. */
export type FieldPath = readonly string[];

/** Who besides Crossfade owns one of these fields: a change by server-side apply has to take it from them. */
export function ownersOf({ metadata }: KubernetesObject, fields: readonly FieldPath[]): string[] {
  const others = metadata.managedFields
    .filter(({ manager, operation }) => manager !== MANAGER || operation !== 'Apply')
    .filter(({ fieldsV1 }) => fields.some((path) => has(fieldsV1, path)))
    .map(({ manager }) => manager);
  return [...new Set(others)];
}

function has(tree: unknown, [first, ...rest]: FieldPath): boolean {
  if (first === undefined) return true;
  if (typeof tree !== 'object' || tree === null) return false;
  const below = (tree as Readonly<Record<string, unknown>>)[`f:${first}`];
  return below !== undefined && has(below, rest);
}

/** Field managers of those who change an object once and don't come back by themselves. */
const PEOPLE = [
  'kubectl',
  'kubectl-client-side-apply',
  'kubectl-create',
  'kubectl-edit',
  'kubectl-patch',
  'kubectl-replace',
  'helm',
];

/** Error `BalancerNotPrepared` for fields of somebody whom the plan does not allow to take them from. */
export function checkOwners(ref: ObjectRef, owners: readonly string[], allowed: readonly string[]): void {
  const unknown = owners.filter((owner) => !PEOPLE.includes(owner) && !allowed.includes(owner));
  if (unknown.length === 0) return;
  throw new CrossfadeError(
    'BalancerNotPrepared',
    `The fields of ${describeRef(ref)} that carry the weights belong to ${unknown.join(' and ')} (its managedFields), which would put them back. ` +
      `Make it leave them alone, then name it in \`takeFrom\`.`,
  );
}

interface Keeper {
  readonly name: string;
  /** It has made this object, and puts back what it finds changed. */
  readonly keeps: (object: KubernetesObject['metadata']) => boolean;
}

/** Programs that keep objects as they stand in Git. What they look after is written on it, whoever owns the fields by now. */
const KEEPERS: readonly Keeper[] = [
  {
    name: 'Argo CD',
    keeps: ({ annotations, labels, managedFields }) =>
      'argocd.argoproj.io/tracking-id' in annotations ||
      'argocd.argoproj.io/instance' in labels ||
      managedFields.some(({ manager }) => manager.startsWith('argocd-')),
  },
  {
    name: 'Flux',
    keeps: ({ annotations, labels }) =>
      ('kustomize.toolkit.fluxcd.io/name' in labels || 'helm.toolkit.fluxcd.io/name' in labels) &&
      annotations['kustomize.toolkit.fluxcd.io/reconcile'] !== 'disabled' &&
      annotations['helm.toolkit.fluxcd.io/driftDetection'] !== 'disabled' &&
      !['Ignore', 'IfNotPresent'].includes(annotations['kustomize.toolkit.fluxcd.io/ssa'] ?? ''),
  },
  { name: 'Config Sync', keeps: ({ annotations }) => annotations['configmanagement.gke.io/managed'] === 'enabled' },
  { name: 'Fleet', keeps: ({ annotations }) => 'objectset.rio.cattle.io/id' in annotations },
];

/** Who will put the weights back, a sentence for each. */
export const whatKeepsIt = (ref: ObjectRef, { metadata }: KubernetesObject): string[] =>
  KEEPERS.filter(({ keeps }) => keeps(metadata)).map(
    ({ name }) =>
      `${name} looks after ${describeRef(ref)}, and puts the weights back unless it was told to leave them alone.`,
  );
