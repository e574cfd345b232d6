import { defaultPayloadConverter, type PayloadConverter } from '@temporalio/common';

/** What becomes of a payload that can't be decoded: a value that no schema takes. */
export interface BadPayload {
  readonly badPayload: string;
}

/**
 * Decodes like Temporal's own converter, but never throws: with the plain one, a signal whose payload can't be decoded makes
 * the workflow task fail, and be tried again, for ever.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload<T>(payload: Parameters<PayloadConverter['fromPayload']>[0]): T {
    try {
      return defaultPayloadConverter.fromPayload<T>(payload);
    } catch (error) {
      const bad: BadPayload = { badPayload: error instanceof Error ? error.message.slice(0, 200) : 'unreadable' };
      return bad as T;
    }
  },
};
