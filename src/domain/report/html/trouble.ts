import { clock } from '../../status/render-text.ts';
import type { Report } from '../types.ts';
import { markup, prose, type Markup } from './markup.ts';

/** What went wrong and what it means, above the pictures; nothing when all went well. */
export function trouble(report: Report): Markup {
  return markup`${[failure(report), faults(report), drift(report), leftDatabase(report)]}`;
}

function failure({ failure: it, outcome, startedAt }: Report): Markup | false {
  if (it === undefined) return false;
  // It went wrong once, was mended and retried: worth knowing, no alarm.
  const kind = outcome === 'completed' ? 'calm' : 'bad';
  const head = outcome === 'completed' ? 'What went wrong before a retry' : 'What went wrong';
  return markup`<div class="callout ${kind}">
    <h2>${head}</h2>
    <p>
      <strong>${it.kind}</strong> in ${it.phase} at
      ${clock(it.at, startedAt)}${it.code !== undefined && markup` (<code>${it.code}</code>)`}: ${prose(it.message)}
    </p>
    ${it.todo !== undefined && markup`<p>${prose(it.todo)}</p>`}
  </div>`;
}

function faults({ faults: all }: Report): Markup | false {
  if (all.length === 0) return false;
  return markup`<div class="callout bad">
    <h2>Faults of the plan</h2>
    <ul>
      ${all.map((fault) => markup`<li><code>${fault.path}</code>: ${fault.message}</li>`)}
    </ul>
  </div>`;
}

function drift({ freeze }: Report): Markup | false {
  if (freeze === undefined || freeze.drift.length === 0) return false;
  return markup`<div class="callout bad">
    <h2>The configuration changed under the freeze</h2>
    <ul>
      ${freeze.drift.map((one) => markup`<li>${one}</li>`)}
    </ul>
  </div>`;
}

function leftDatabase({ databaseLeft: it }: Report): Markup | false {
  if (it === undefined) return false;
  const names = (list: readonly string[]) =>
    list.map((name, index) => markup`${index > 0 && ', '}<code>${name}</code>`);
  return markup`<div class="callout calm">
    <h2>What the database is in now</h2>
    <p>
      <code>kong migrations up</code> ran, <code>finish</code> did not. Executed:
      ${it.executed.length === 0 ? 'nothing' : names(it.executed)}. Pending:
      ${it.pending.length === 0 ? 'nothing' : names(it.pending)}.
    </p>
    <h3>For X</h3>
    <p>${prose(it.forX)}</p>
    <h3>For the next attempt</h3>
    <p>${prose(it.forNextAttempt)}</p>
  </div>`;
}
