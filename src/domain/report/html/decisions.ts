import { clock } from '../../status/render-text.ts';
import type { Report } from '../types.ts';
import { markup, type Markup } from './markup.ts';
import { tableSection } from './table.ts';

interface Decision {
  readonly what: string;
  readonly by?: string;
  readonly when?: string;
  readonly reason?: string;
}

/** What people took upon themselves: in the plan beforehand, and on the way. */
export function decisions({ planned, accepted, abort, seal, startedAt }: Report): Markup {
  const all: Decision[] = [];
  const path = planned?.path;
  const by = planned?.startedBy;
  if (by !== undefined) all.push({ what: 'started the upgrade', by, when: clock(startedAt, startedAt) });
  if (path !== undefined) all.push({ what: `path “${path.accept}” accepted in the plan`, reason: path.reason });
  if (planned?.rehearsed !== undefined) {
    if ('workflow' in planned.rehearsed) all.push({ what: `rehearsed as ${planned.rehearsed.workflow}` });
    else all.push({ what: 'rehearsal waived in the plan', ...planned.rehearsed.waiver });
  }
  for (const { risk, reason } of planned?.risks ?? [])
    all.push({ what: `danger ${risk} accepted in the plan`, reason });
  for (const { tag, reason } of planned?.idleWriters ?? [])
    all.push({ what: `writer of entities tagged ${tag} not paused`, reason });
  for (const { finding, at, ...rest } of accepted)
    all.push({ what: `${finding} let go`, when: clock(at, startedAt), ...rest });
  if (abort !== undefined) {
    const { at, ...rest } = abort;
    all.push({ what: 'aborted', when: clock(at, startedAt), ...rest });
  }
  if (seal !== undefined)
    all.push({ what: 'point of no return', by: seal.approvedBy.join(', '), when: clock(seal.at, startedAt) });
  return tableSection('Decisions of people', all, [
    { head: 'When', kind: 't', cell: (one) => one.when ?? 'beforehand' },
    { head: 'What', cell: (one) => one.what },
    { head: 'Who', cell: (one) => one.by },
    { head: 'Why', cell: (one) => one.reason && markup`“${one.reason}”` },
  ]);
}
