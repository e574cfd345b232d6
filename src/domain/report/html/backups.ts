import { HOW_TO_GET_AT_BACKUPS, placeOf } from '../../status/render-backups.ts';
import { formatBytes } from '../../status/render-figures.ts';
import { clock } from '../../status/render-text.ts';
import type { Report } from '../types.ts';
import { markup, prose, type Markup } from './markup.ts';
import { tableSection, tag } from './table.ts';

/** Where the backups are, what is proved of them, and how to get at them. */
export const backups = ({ backups: all, startedAt }: Report): Markup =>
  tableSection(
    'Backups',
    all,
    [
      { head: 'When', kind: 't', cell: (one) => clock(one.takenAt, startedAt) },
      { head: 'Backup', kind: 't', cell: (one) => one.label },
      { head: 'Objects', kind: 'n', cell: (one) => one.objects },
      { head: 'Size', kind: 'n', cell: (one) => formatBytes(one.bytes) },
      { head: 'Read back', cell: (one) => tag(one.verified ? 'ok' : 'bad', one.verified ? 'yes' : 'no') },
      {
        head: 'Restored for a test',
        cell: (one) =>
          markup`${tag(one.restored ? 'ok' : 'warn', one.restored ? 'yes' : 'no')}${
            !one.restored && one.notRestored !== undefined && markup`<br/><small>${prose(one.notRestored)}</small>`
          }`,
      },
      { head: 'Encrypted with age', cell: (one) => (one.encrypted ? 'yes' : 'no') },
      { head: 'Manifest', cell: (one) => markup`<code>${placeOf(one)}</code>` },
    ],
    prose(HOW_TO_GET_AT_BACKUPS),
  );
