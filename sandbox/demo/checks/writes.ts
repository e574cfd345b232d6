import type { Write, WritersResult } from '../writers/types.ts';
import { KINDS, METHODS } from '../writers/types.ts';
import { check, type Check, type Ended } from './check.ts';

const LEAST = 500;
/** A write works within this after the thaw, in milliseconds, beyond what one takes on this machine anyway. */
const WORKS_WITHIN = 1_000;

const accepted = ({ status = 0 }: Write): boolean => status >= 200 && status < 300;
const refused = ({ status, message = '' }: Write): boolean =>
  status === 500 && message.includes('An unexpected error occurred');

/** What came of the writes that were thrown at the Admin APIs; nothing where nobody wrote. */
export async function checkWrites(ended: Ended): Promise<Check[]> {
  const { writers } = ended;
  if (writers === undefined) return [];
  return [
    await check('the writers saw the freeze come and go', async () => {
      const { seen } = writers;
      const text = (ms: number) => new Date(ms).toISOString();
      const found =
        seen === undefined ? 'no' : `frozen from ${text(seen.frozenAt)} until ${text(seen.thawedAt)}, by the database`;
      return { holds: seen !== undefined, found };
    }),
    await thrown(writers),
    await noneAccepted(writers),
    await around(writers),
    await worksSoon(writers),
    await countersGrew(ended, writers),
    await whatIsThere(ended, writers),
  ];
}

/** Sent once the freeze was there, and answered while it was still there. */
function whileFrozen({ writes, seen }: WritersResult): Write[] {
  if (seen === undefined) throw new Error('The freeze was not seen.');
  return writes.filter(({ sentAt, endedAt }) => sentAt >= seen.frozenAt && endedAt <= seen.lastFrozenAt);
}

const thrown = (writers: WritersResult) =>
  check(`at least ${LEAST} writes of every kind were answered between freeze and thaw, by X and by Y`, async () => {
    const answered = whileFrozen(writers).filter(({ status }) => status !== undefined);
    const missing = (['x', 'y'] as const).flatMap((side) =>
      METHODS.flatMap((method) =>
        KINDS.filter(
          (kind) => !answered.some((one) => one.side === side && one.method === method && one.kind === kind),
        ).map((kind) => `${method} of ${kind} at ${side.toUpperCase()}`),
      ),
    );
    const count = (side: 'x' | 'y') => answered.filter((one) => one.side === side).length;
    const none = missing.length === 0 ? '' : `; none: ${missing.join(', ')}`;
    return {
      holds: answered.length >= LEAST && missing.length === 0,
      found: `${answered.length} answered, ${count('x')} by X, ${count('y')} by Y${none}`,
    };
  });

const noneAccepted = (writers: WritersResult) =>
  check('none of them was accepted: each got 500 "An unexpected error occurred"', async () => {
    const answered = whileFrozen(writers).filter(({ status }) => status !== undefined);
    const others = answered.filter((one) => !refused(one));
    const examples = others
      .slice(0, 3)
      .map(({ method, path, status, message }) => `${method} ${path}: ${status} ${message ?? ''}`);
    return {
      holds: answered.length > 0 && others.length === 0,
      found: [
        `${answered.filter(accepted).length} accepted, ${answered.filter(refused).length} refused`,
        ...examples,
      ].join('; '),
    };
  });

const around = ({ writes, seen }: WritersResult) =>
  check('writes were accepted before the freeze and after the thaw', async () => {
    const good = writes.filter(accepted);
    const before = good.filter(({ endedAt }) => endedAt < (seen?.frozenAt ?? 0)).length;
    const after = good.filter(({ sentAt }) => sentAt > (seen?.thawedAt ?? Infinity)).length;
    return { holds: before > 0 && after > 0, found: `${before} before, ${after} after` };
  });

const worksSoon = ({ writes, seen }: WritersResult) =>
  check(`a write works within ${WORKS_WITHIN / 1000} s after the thaw`, async () => {
    if (seen === undefined) throw new Error('The freeze was not seen.');
    const first = writes
      .filter((one) => accepted(one) && one.endedAt > seen.lastFrozenAt)
      .sort((a, b) => a.endedAt - b.endedAt)[0];
    const late = writes.filter((one) => refused(one) && one.sentAt > seen.thawedAt).length;
    // From the last moment at which the freeze was still seen: its end came after that.
    const took = (first?.endedAt ?? Infinity) - seen.lastFrozenAt;
    const known = seen.thawedAt - seen.lastFrozenAt;
    const before = writes.filter((one) => accepted(one) && one.endedAt < seen.frozenAt);
    const anyway = before.reduce((most, { sentAt, endedAt }) => Math.max(most, endedAt - sentAt), 0);
    return {
      holds: took <= WORKS_WITHIN + known + anyway && late === 0,
      found: `the first was answered at most ${took.toFixed(0)} ms after the thaw (known to ${known.toFixed(0)} ms); ${late} that were sent later were refused`,
    };
  });

const countersGrew = ({ load }: Ended, { seen }: WritersResult) =>
  check('rate limiting counted on in the database while it was frozen', async () => {
    if (seen === undefined) throw new Error('The freeze was not seen.');
    const counted = seen.countedAfter - seen.countedBefore;
    // Nodes write down what they have counted a little later, or never when they are stopped.
    const sent = ((load.sent / load.seconds) * (seen.thawedAt - seen.frozenAt)) / 1000;
    return { holds: counted > sent / 2, found: `${counted} counted, of about ${sent.toFixed(0)} requests` };
  });

/** What the answers said is what the database holds. */
const whatIsThere = ({ demo }: Ended, { writes, stocks }: WritersResult) =>
  check('the database holds what was accepted, and nothing that was refused', async () => {
    const { query } = demo.sandbox.postgres;
    const tables = ['services', 'routes', 'plugins', 'consumers', 'keyauth_credentials'];
    const each = (columns: string) => tables.map((table) => `SELECT ${columns} FROM ${table}`).join(' UNION ALL ');
    const rows = await query(`SELECT tag FROM (${each('unnest(tags) AS tag')}) AS t WHERE tag LIKE 'write-%'`);
    const present = new Set(rows.map(({ tag }) => String(tag)));
    const ids = new Set((await query(each('id::text'))).map(({ id }) => String(id)));

    const wanted = new Map<string, string>();
    for (const one of writes.filter(accepted).sort((a, b) => a.endedAt - b.endedAt))
      if (one.tag !== undefined) wanted.set(one.method === 'POST' ? one.tag : one.path, one.tag);
    // Nobody knows what came of a write without an answer.
    const unknown = new Set(
      writes.filter(({ status }) => status === undefined).flatMap(({ tag, path }) => [tag, path]),
    );
    const lost = [...wanted].filter(([path, tag]) => !present.has(tag) && !unknown.has(path)).map(([, tag]) => tag);
    const extra = [...present].filter((tag) => ![...wanted.values()].includes(tag) && !unknown.has(tag));

    const deleted = new Set(writes.filter((one) => one.method === 'DELETE' && accepted(one)).map(({ path }) => path));
    const doomed = stocks.flatMap((stock) => KINDS.flatMap((kind) => stock.doomed[kind]));
    const wrong = doomed.filter(({ id, path }) => ids.has(id) === deleted.has(path) && !unknown.has(path));
    const bad = [
      ...lost.map((tag) => `${tag} is lost`),
      ...extra.map((tag) => `${tag} is there`),
      ...wrong.map(({ path }) => `${path} is not as it was answered`),
    ];
    return {
      holds: bad.length === 0 && wanted.size > 0 && deleted.size > 0,
      found: [`${wanted.size} written and ${deleted.size} deleted as answered`, ...bad.slice(0, 5)].join('; '),
    };
  });
