import type { Finding } from '../findings.ts';
import type { FreezePlan } from '../plan/index.ts';
import { knownWriters, type KnownWriter, type TagUsage } from '../writers.ts';
import { pass, refuse, warn } from './finding.ts';

/**
 * Writers that are known by the tags of their entities are paused, or the plan says why they rest. The guard would stop them too, in
 * the middle of their work, and they would try again for as long as the freeze lasts.
 */
export function writersPaused(usage: TagUsage, { before, idleWriters }: FreezePlan): Finding {
  const rule = 'known-writers';
  const there = new Set(usage.tags.map(({ tag }) => tag));
  const nobody = idleWriters.filter(({ tag }) => !there.has(tag)).map(({ tag }) => tag);
  if (nobody.length > 0)
    return refuse(
      rule,
      `freeze.idleWriters names tags that no entity has: ${nobody.join(', ')}.`,
      'Correct the tags in the plan, or leave them out.',
    );
  const reasons = new Map(idleWriters.map(({ tag, reason }) => [tag, reason]));
  const writers = knownWriters(usage);
  const open = writers.filter(({ tag }) => !reasons.has(tag));
  if (before.length === 0 && open.length > 0)
    return refuse(
      rule,
      `Writes configuration and is not paused: ${open.map((one) => describe(one, usage.entities)).join('; ')}.`,
      `Pause it by a command in freeze.before (and resume it in freeze.after), or say why it rests: freeze: { idleWriters: [{ tag: "${open[0]?.tag}", reason: "..." }] }.`,
    );
  if (writers.length === 0) return pass(rule, 'No tag of an entity tells of a writer that has to be paused.');
  const resting = writers.filter(({ tag }) => reasons.has(tag));
  const parts = [
    ...open.map((one) => `to be paused by freeze.before: ${describe(one, usage.entities)}`),
    ...resting.map((one) => `left as it is (“${reasons.get(one.tag)}”): ${describe(one, usage.entities)}`),
  ];
  const message = `Writes configuration, and is ${parts.join('; and ')}.`;
  if (resting.length === 0) return pass(rule, message);
  return warn(
    rule,
    message,
    'If it writes all the same, it is refused during the freeze and gets 500 from the Admin API.',
  );
}

function describe({ who, tag, entities, last, guess }: KnownWriter, all: number): string {
  const when = last === undefined ? '' : `, last written ${last.slice(0, 16).replace('T', ' ')} UTC`;
  const doubt = guess ? `; a guess, because of the share: ${entities} of ${all}` : '';
  return `${who}, tag ${tag} on ${entities} ${entities === 1 ? 'entity' : 'entities'}${when}${doubt}`;
}
