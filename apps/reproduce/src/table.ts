// Tables, for terminals and for Markdown.

export interface Table {
  readonly caption: string;
  readonly columns: readonly string[];
  /** As many cells as columns; the first is the row's name. */
  readonly rows: readonly (readonly string[])[];
}

/** Aligned with spaces: names to the left, numbers to the right. */
export function plainTable({ caption, columns, rows }: Table): string {
  const lines = alignedRows([columns, ...rows], "  ");
  return [caption, "", ...lines].join("\n");
}

export function markdownTable({ caption, columns, rows }: Table): string {
  const escaped = [columns, ...rows].map((cells) => cells.map((cell) => cell.replaceAll("|", "\\|")));
  const [head = "", ...body] = alignedRows(escaped, " | ").map((line) => `| ${line} |`);
  const rule = columns.map((_, column) => (column === 0 ? "---" : "---:")).join(" | ");
  return [`**${caption}**`, "", head, `| ${rule} |`, ...body].join("\n");
}

function alignedRows(rows: readonly (readonly string[])[], separator: string): string[] {
  const columns = Math.max(...rows.map(({ length }) => length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  return rows.map((cells) =>
    widths
      .map((width, column) => {
        const cell = cells[column] ?? "";
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join(separator),
  );
}
