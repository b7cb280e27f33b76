import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  broadcastShapes,
  broadcastStrides,
  elementCount,
  extent,
  formatShape,
  normalizeAxis,
  rowMajorStrides,
  type Shape,
  sameShape,
} from "./shape.ts";

const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 });
/** Shapes of extents 1 and 3 or 1 and 4, which broadcast or not. */
const mixed = fc.array(fc.constantFrom(1, 3, 4), { maxLength: 3 });

/** Every position of a shape, in row-major order. */
function positions(shape: Shape): number[][] {
  return shape.reduce<number[][]>(
    (found, size) => found.flatMap((position) => Array.from({ length: size }, (_, index) => [...position, index])),
    [[]],
  );
}

const offset = (position: readonly number[], strides: readonly number[]): number =>
  position.reduce((sum, coordinate, axis) => sum + coordinate * (strides[axis] ?? 0), 0);

test("row-major strides number the positions in order", () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      const strides = rowMajorStrides(shape);
      expect(positions(shape).map((position) => offset(position, strides))).toEqual([
        ...Array(elementCount(shape)).keys(),
      ]);
    }),
  );
});

describe("broadcasting", () => {
  test.each<[Shape[], Shape | undefined]>([
    [[], []],
    [[[]], []],
    [[[3], []], [3]],
    [
      [
        [3, 1, 5],
        [4, 1],
      ],
      [3, 4, 5],
    ],
    [[[2], [3]], undefined],
    [[[1], [0]], [0]],
    [
      [[2, 3], [3], [2, 1]],
      [2, 3],
    ],
  ])("%j gives %j", (operands, expected) => {
    expect(broadcastShapes(operands)).toEqual(expected);
  });

  test("does not depend on the order or the grouping of the operands", () => {
    fc.assert(
      fc.property(mixed, mixed, mixed, (a, b, c) => {
        const together = broadcastShapes([a, b, c]);
        expect(broadcastShapes([c, b, a])).toEqual(together);
        const firstTwo = broadcastShapes([a, b]);
        if (firstTwo !== undefined) expect(broadcastShapes([firstTwo, c])).toEqual(together);
      }),
    );
  });

  test("a shape broadcasts with itself and with the result to no more than the result", () => {
    fc.assert(
      fc.property(mixed, mixed, (a, b) => {
        const result = broadcastShapes([a, b]);
        expect(broadcastShapes([a, a])).toEqual(a);
        if (result !== undefined) expect(broadcastShapes([a, result])).toEqual(result);
      }),
    );
  });

  test("strides read the element whose coordinates along repeated axes are 0", () => {
    fc.assert(
      fc.property(mixed, mixed, (a, b) => {
        const target = broadcastShapes([a, b]);
        if (target === undefined) return;
        const strides = broadcastStrides(a, target);
        for (const position of positions(target)) {
          const own = position.slice(target.length - a.length).map((at, axis) => (a[axis] === 1 ? 0 : at));
          expect(offset(position, strides)).toBe(offset(own, rowMajorStrides(a)));
        }
      }),
    );
  });
});

test.each([
  [0, 3, 0],
  [-1, 3, 2],
  [-3, 3, 0],
  [3, 3, undefined],
  [-4, 3, undefined],
  [0.5, 3, undefined],
  [0, 0, undefined],
])("axis %d of %d is axis %s", (axis, rank, expected) => {
  expect(normalizeAxis(axis, rank)).toBe(expected);
});

test("an axis out of range names the shape", () => {
  expect(() => extent([2, 3], 2)).toThrow("axis 2 is out of range for shape [2,3]");
});

test("shapes compare by extents and print without spaces", () => {
  expect(sameShape([2, 3], [2, 3])).toBe(true);
  expect(sameShape([2, 3], [2, 3, 1])).toBe(false);
  expect(formatShape([2, 3])).toBe("[2,3]");
  expect(formatShape([])).toBe("[]");
});
