import { formatAmount } from '../../command/numbers.ts';
import { html, type Markup } from './html.ts';

export type Cell = string | Markup;

/**
 * A table whose first column may be long and is wrapped if necessary. Each cell repeats the name of its column, which a
 * narrow page shows next to it instead of a header; the first name stays at the top, and the first cell is the title of
 * its row.
 */
export function renderTable(columns: readonly string[], rows: readonly (readonly Cell[])[]): Markup {
  const head = columns.map((column) => html`<th>${column}</th>`);
  const body = rows.map(
    (cells) => html`<tr>${cells.map((cell, index) => html`<td data-label="${columns[index] ?? ''}">${cell}</td>`)}</tr>
`,
  );
  return html`<div class="card"><table><thead><tr>${head}</tr></thead>
<tbody>${body}</tbody></table></div>`;
}

/** A saving as a plain number; a loss in red, with its sign. */
export function renderSaving(dollars: number): Markup {
  const text = formatAmount(dollars);
  return text.startsWith('-') ? html`<span class="loss">${text}</span>` : html`${text}`;
}
