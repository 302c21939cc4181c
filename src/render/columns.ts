/** Rows of cells as lines with aligned columns, two blanks apart; a column that is empty throughout takes no room. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, index) => ((widths[index] ?? 0) === 0 ? '' : `${cell.padEnd(widths[index] ?? 0)}  `))
      .join('')
      .trimEnd(),
  );
}
