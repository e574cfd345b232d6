import { condition } from '@temporalio/workflow';
import type { StepName } from '../domain/names.ts';
import { now } from './journal.ts';
import type { Upgrade } from './upgrade.ts';
import { whileWatched } from './watched.ts';

/** What came out of a phase, in a few words. */
export type Phase = (u: Upgrade) => Promise<string>;

/** Runs one phase, unless a `retry` begins at a later one. A pause takes effect before it. */
export async function phase(u: Upgrade, name: StepName, body: Phase): Promise<void> {
  const { journal } = u;
  const place = (of: StepName): number => journal.status.phases.findIndex((one) => one.name === of);
  if (u.known.from !== undefined && place(name) < place(u.known.from)) return;
  await untilResumed(u);
  const shown = journal.phase(name);
  shown.result = 'running';
  shown.startedAt ??= now();
  shown.attempts += 1;
  delete shown.endedAt;
  journal.status.phase = name;
  journal.enter('running', name);
  journal.note('phase', `${name} begins`);
  try {
    shown.note = await body(u);
    shown.result = 'done';
    journal.note('phase', `${name} done: ${shown.note}`);
  } catch (error) {
    shown.result = 'failed';
    throw error;
  } finally {
    shown.endedAt = now();
  }
}

/** The point before a phase or a step where a pause takes effect. The watch goes on meanwhile. */
export async function untilResumed(u: Upgrade): Promise<void> {
  const { control, journal } = u;
  if (!control.paused) return;
  journal.enter('paused', `paused by ${journal.status.paused?.by ?? 'somebody'}`);
  await whileWatched(u, 'paused', () => condition(() => !control.paused));
  journal.enter('running', 'going on');
}
