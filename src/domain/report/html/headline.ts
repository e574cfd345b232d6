import { formatDuration } from '../../duration.ts';
import { formatCount } from '../../status/render-figures.ts';
import { elapsed } from '../../status/render-text.ts';
import { OUTCOME_WORDS, STATE_WORDS } from '../../status/render-words.ts';
import type { Report } from '../types.ts';
import { markup, prose, type Markup } from './markup.ts';

/** Title, outcome, one sentence, and the figures that people ask for first. */
export function headline(report: Report): Markup {
  const { cluster, from, to, workflow } = report;
  const kind = {
    blueGreenUpgrade: 'Kong blue-green upgrade',
    rollbackUpgrade: 'rollback of an upgrade',
    restoreBackup: 'restore of a backup',
  }[workflow];
  return markup`<header>
    <p class="over">Crossfade · ${kind}</p>
    <div class="top">
      <h1>${cluster}${from !== undefined && markup` <span class="versions">${from} → ${to}</span>`}</h1>
      ${badge(report)}
    </div>
    <p class="summary">${prose(report.summary)}</p>
    <dl class="figures">
      ${figures(report).map(
        ({ name, value, note }) =>
          markup`<div>
            <dt>${name}</dt>
            <dd>${value}${note !== undefined && markup` <small>${note}</small>`}</dd>
          </div>`,
      )}
    </dl>
  </header>`;
}

function badge({ outcome, state }: Report): Markup {
  if (outcome === undefined) return markup`<span class="badge calm">▶ ${STATE_WORDS[state]}</span>`;
  const [kind, sign] = {
    completed: ['ok', '✓'],
    'rolled-back': ['calm', '↩'],
    refused: ['calm', '–'],
    'rolled-back-with-faults': ['warn', '↩'],
    'completed-with-faults': ['warn', '!'],
  }[outcome] as [string, string];
  return markup`<span class="badge ${kind}">${sign} ${OUTCOME_WORDS[outcome]}</span>`;
}

interface Figure {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
}

function figures(report: Report): Figure[] {
  const { startedAt, endedAt, freeze, requests, workerRestarts, weights, verdicts } = report;
  const found: Figure[] = [];
  const now = endedAt ?? report.timeline.at(-1)?.at ?? startedAt;
  found.push({ name: endedAt === undefined ? 'so far' : 'took', value: formatDuration(elapsed(startedAt, now)) });
  if (freeze !== undefined) found.push({ name: 'configuration frozen', value: formatDuration(freeze.ms) });
  if (weights.length > 0) {
    const most = weights.reduce((high, one) => Math.max(high, one.weight), 0);
    const last = weights.at(-1)?.weight ?? 0;
    found.push({ name: 'traffic on Y', value: `${last} %`, ...(last === most ? {} : { note: `at most ${most} %` }) });
  }
  if (verdicts.length > 0) {
    const passed = verdicts.filter((one) => one.verdict === 'pass').length;
    found.push({ name: 'verdicts passed', value: String(passed), note: `of ${verdicts.length}` });
  }
  if (requests !== undefined) {
    found.push({ name: 'requests sent', value: formatCount(requests.sent) });
    const byY = requests.failedByY === 0 ? {} : { note: `${formatCount(requests.failedByY)} answered so by Y` };
    found.push({ name: 'requests failed', value: formatCount(requests.failed), ...byY });
  }
  if (workerRestarts !== undefined) found.push({ name: 'worker restarts', value: String(workerRestarts) });
  return found;
}
