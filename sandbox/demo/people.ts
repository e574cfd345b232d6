import { rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { UpgradeStatus } from '../../src/domain/status/index.ts';
import { NODE_NAMES } from './addresses.ts';
import { FAULTY_FROM } from './scenarios.ts';
import type { Demo } from './set-up.ts';

const FAULTS = { proxy: { ratio: 0.05, status: 500 }, nodes: NODE_NAMES.y };
/** Until every node of the stand-in has noticed what its faults are now. */
const NOTICED_AFTER = 500;

/** The people of the demo, and what makes Y faulty: they look at the status and act, by signals of the plain `temporal` command. */
export function createPeople({ scenario, temporal, places }: Demo, note: (line: string) => void) {
  const answered = new Set<string>();
  let faulty = false;
  let answeredHolds = 0;

  async function signal(name: string, payload: Readonly<Record<string, string>>): Promise<void> {
    note(`$ temporal workflow signal --name ${name} --input '${JSON.stringify(payload)}'`);
    await temporal.signal(name, payload);
  }

  async function approve({ gates }: UpgradeStatus): Promise<void> {
    for (const { gate, state, openedAt } of gates) {
      if (state !== 'open' || answered.has(openedAt)) continue;
      answered.add(openedAt);
      await signal('approve', { gate, by: gate === 'start' ? 'ann' : 'ben', comment: 'approved in the demo' });
    }
  }

  function breakY({ traffic }: UpgradeStatus): void {
    if (!scenario.faultyY || faulty || traffic.weight < FAULTY_FROM) return;
    faulty = true;
    note('Y begins to answer 5 % of its requests with errors');
    writeFileSync(places.faults, JSON.stringify(FAULTS));
  }

  async function acceptDrift(): Promise<void> {
    await signal('accept', { by: 'ann', finding: 'drift', reason: 'seen in the demo' });
    await signal('retry', { by: 'ann' });
  }

  async function answerHold({ state, hold, failure }: UpgradeStatus): Promise<void> {
    if (state !== 'held' || hold === undefined || answered.has(hold.since)) return;
    answered.add(hold.since);
    if (scenario.drift && failure?.kind === 'drift') return acceptDrift();
    // Held where the scenario expects none: given up, so that the demo ends, and fails by its outcome.
    const answer = answeredHolds++ === 0 ? (scenario.answer ?? 'abandon') : 'abandon';
    if (answer === 'retry') {
      note('Y is repaired');
      rmSync(places.faults);
      await sleep(NOTICED_AFTER);
    }
    await signal(answer, { by: 'ann', reason: 'looked at it in the demo' });
  }

  return async (status: UpgradeStatus): Promise<void> => {
    breakY(status);
    await approve(status);
    await answerHold(status);
  };
}
