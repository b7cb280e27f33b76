import fc from "fast-check";
import { expect, test } from "vitest";
import { assignRows } from "./rows.ts";

test.each([
  [[], []],
  [
    [
      [0, 1],
      [1, 2],
      [2, 3],
    ],
    [0, 0, 0],
  ],
  [
    [
      [0, 2],
      [1, 3],
      [2, 4],
    ],
    [0, 1, 0],
  ],
  [
    [
      [1, 3],
      [0, 2],
    ],
    [1, 0],
  ],
])("spans %j are on rows %j", (spans, rows) => {
  expect(assignRows(spans.map(([start = 0, end = 0]) => ({ start, end })))).toEqual(rows);
});

test("spans on one row do not overlap, and there are no more rows than spans that overlap at a point", () => {
  const span = fc.record({ start: fc.nat(50), length: fc.integer({ min: 1, max: 20 }) });
  fc.assert(
    fc.property(fc.array(span, { maxLength: 20 }), (list) => {
      const spans = list.map(({ start, length }) => ({ start, end: start + length }));
      const rows = assignRows(spans);
      for (const [i, a] of spans.entries()) {
        for (const [j, b] of spans.entries()) {
          if (i < j && rows[i] === rows[j]) expect(a.end <= b.start || b.end <= a.start).toBe(true);
        }
      }
      const crowd = Math.max(
        0,
        ...spans.map(({ start }) => spans.filter((b) => b.start <= start && start < b.end).length),
      );
      expect(new Set(rows).size).toBe(crowd);
    }),
  );
});
