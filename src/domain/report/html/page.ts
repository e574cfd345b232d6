import { OUTCOME_WORDS, STATE_WORDS } from '../../status/render-words.ts';
import type { Sample } from '../../verdict/index.ts';
import type { Report } from '../types.ts';
import { headline } from './headline.ts';
import { markup } from './markup.ts';
import { sections } from './sections.ts';
import { story } from './story.ts';
import { STYLE } from './style.ts';
import { trouble } from './trouble.ts';

/**
 * The report as one page that needs nothing else: no script, no file, no network. Everything in it is escaped.
 *
 * @param samples of all watches, for the lines of error ratio and latency; without them the averages of the verdicts are drawn
 */
export function renderReport(report: Report, samples: readonly Sample[] = []): string {
  const { cluster, from, to, outcome, state, upgrade } = report;
  const versions = from === undefined ? '' : ` ${from} → ${to ?? ''}`;
  const word = outcome === undefined ? STATE_WORDS[state] : OUTCOME_WORDS[outcome];
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>${cluster}${versions}: ${word}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <main>
          ${headline(report)} ${trouble(report)} ${story(report, samples)} ${sections(report)}
          <footer>
            Started ${upgrade.startedAt.slice(0, 19).replace('T', ' ')} UTC. Workflow
            <code>${upgrade.workflowId}</code>, run <code>${upgrade.runId}</code>. All times are UTC.
          </footer>
        </main>
      </body>
    </html> `.source;
}
