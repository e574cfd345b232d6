import { markup, type Markup, type Piece } from './markup.ts';

interface Column<Row> {
  readonly head: string;
  /** `n`: a figure, to the right. `t`: a time or name that is not broken. */
  readonly kind?: 'n' | 't';
  readonly cell: (row: Row) => Piece;
}

/** A section with a table, and perhaps a sentence below it; nothing at all when there are no rows. */
export function tableSection<Row>(
  title: string,
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  below?: Markup,
): Markup {
  if (rows.length === 0) return markup``;
  return markup`<section>
    <h2>${title}</h2>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            ${columns.map(({ head, kind }) => markup`<th scope="col" class="${kind}">${head}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              markup`<tr>
                ${columns.map(({ kind, cell }) => markup`<td class="${kind}">${cell(row)}</td>`)}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>
    ${below && markup`<p>${below}</p>`}
  </section>`;
}

export const tag = (kind: 'ok' | 'bad' | 'warn' | 'calm', text: string): Markup =>
  markup`<span class="tag ${kind}">${text}</span>`;
