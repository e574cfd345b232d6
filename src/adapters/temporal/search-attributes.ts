import type { ConnectionLike } from '@temporalio/client';
import proto from '@temporalio/proto';
import { searchAttributeKeys } from '../../workflows/search-attributes.ts';

const { IndexedValueType } = proto.temporal.api.enums.v1;

const wanted = Object.values(searchAttributeKeys).map(({ name, type }) => ({
  name,
  type: IndexedValueType[`INDEXED_VALUE_TYPE_${type}`],
}));

/** Names of Crossfade's search attributes that the server has with the right type; only these are ever set. */
export async function usableSearchAttributes(
  connection: Pick<ConnectionLike, 'operatorService'>,
  namespace: string,
): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return wanted.filter(({ name, type }) => customAttributes[name] === type).map(({ name }) => name);
}

/**
 * Makes sure that they exist.
 *
 * @returns what is still missing, with the reason; upgrades go on without it
 */
export async function ensureSearchAttributes(
  connection: Pick<ConnectionLike, 'operatorService'>,
  namespace: string,
): Promise<{ missing: string[]; reason?: string }> {
  const missingNow = async () => {
    const usable = await usableSearchAttributes(connection, namespace);
    return wanted.filter(({ name }) => !usable.includes(name));
  };
  try {
    const missing = await missingNow();
    if (missing.length === 0) return { missing: [] };
    const searchAttributes = Object.fromEntries(missing.map(({ name, type }) => [name, type]));
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    return { missing: (await missingNow()).map(({ name }) => name) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { missing: wanted.map(({ name }) => name), reason };
  }
}
