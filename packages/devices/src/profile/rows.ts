// Rows of a diagram, on each of which nothing overlaps.

/** The row of each span, from 0: the first one that is free by then. Spans are taken in the order in which they start. */
export function assignRows(spans: readonly { readonly start: number; readonly end: number }[]): readonly number[] {
  const rows = new Array<number>(spans.length).fill(0);
  const busyUntil: number[] = [];
  const byStart = [...spans.entries()].sort(([, a], [, b]) => a.start - b.start);
  for (const [index, { start, end }] of byStart) {
    const free = busyUntil.findIndex((until) => until <= start);
    const row = free < 0 ? busyUntil.length : free;
    busyUntil[row] = end;
    rows[index] = row;
  }
  return rows;
}
