import type { ReactNode } from 'react';

export interface Column {
  readonly title: string;
  readonly number?: boolean;
}

/** A table that scrolls by itself where it is wider than its place; on a narrow screen each row becomes a list. */
export function Table({
  label,
  columns,
  rows,
  stack = false,
}: {
  readonly label: string;
  readonly columns: readonly Column[];
  /** The first cell of a row is its head. */
  readonly rows: readonly { readonly key: string; readonly cells: readonly ReactNode[] }[];
  readonly stack?: boolean;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <section className="wide" aria-label={label} tabIndex={0}>
      <table className={stack ? 'stack' : ''}>
        <thead>
          <tr>
            {columns.map(({ title, number }) => (
              <th key={title} scope="col" className={number ? 'number' : ''}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells }) => (
            <tr key={key}>
              {cells.map((cell, index) => {
                const { title, number } = columns[index]!;
                const className = number ? 'number' : '';
                return index === 0 ? (
                  <th key={title} scope="row" className={className} data-label={title}>
                    {cell}
                  </th>
                ) : (
                  <td key={title} className={className} data-label={title}>
                    {cell}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
