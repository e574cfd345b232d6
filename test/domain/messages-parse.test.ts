import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXAMPLES, parseMessage } from '../../src/domain/messages/index.ts';
import { MESSAGES, PHASES } from '../../src/domain/names.ts';

describe('parsing a message', () => {
  it.each(MESSAGES)('takes its own example: %s', (name) => {
    const example = JSON.parse(EXAMPLES[name]) as { by: string };
    expect(parseMessage(name, example)).toMatchObject({ message: { name, by: 'ann' } });
  });

  it.each(MESSAGES)('never throws and keeps its answer short: %s', (name) => {
    const anything = fc.oneof(
      fc.anything(),
      fc.record({ by: fc.anything(), gate: fc.anything(), phase: fc.anything() }),
    );
    fc.assert(
      fc.property(anything, (payload) => {
        const parsed = parseMessage(name, payload);
        if ('fault' in parsed) expect(parsed.fault.length).toBeLessThanOrEqual(600);
        else expect(parsed.message.by.length).toBeGreaterThan(0);
      }),
    );
  });

  const bad: readonly [string, unknown, RegExp][] = [
    ['nothing', undefined, /takes one object such as/],
    ['null', null, /takes one object/],
    ['a text', 'ann', /takes one object/],
    ['a number', 7, /takes one object/],
    ['a list', [{ by: 'ann' }], /takes one object/],
    ['no name', {}, /by: /],
    ['an empty name', { by: '   ' }, /by: /],
    ['a name that is a number', { by: 5 }, /by: /],
    ['a name of 2 MB', { by: 'x'.repeat(2_000_000) }, /by: /],
    ['a comment of 2 MB', { by: 'ann', comment: 'x'.repeat(2_000_000) }, /comment: /],
    ['what could not be decoded', { badPayload: 'Unknown encoding: binary/unknown' }, /by: /],
  ];
  it.each(bad)('refuses %s', (_, payload, why) => {
    for (const name of MESSAGES) expect(parseMessage(name, payload)).toMatchObject({ fault: why });
  });

  it('names the phases when one is unknown, and demands a finding and a reason where they matter', () => {
    expect(parseMessage('retry', { by: 'ann', phase: 'lunch' })).toMatchObject({
      fault: new RegExp(PHASES.join('.*')),
    });
    expect(parseMessage('accept', { by: 'ann' })).toMatchObject({ fault: /finding: .*reason: /s });
  });

  it('lets unknown fields through, trims, and takes a comment for a reason', () => {
    expect(parseMessage('abort', { by: ' ann ', comment: ' slow ', ticket: 5 })).toEqual({
      message: { name: 'abort', by: 'ann', reason: 'slow' },
    });
    expect(parseMessage('reject', { by: 'ann', comment: 'c', reason: 'r', gate: 'start' })).toEqual({
      message: { name: 'reject', by: 'ann', reason: 'r', gate: 'start' },
    });
  });
});
