import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { symmetricEigen } from "./symmetric-eigen.ts";

const symmetricMatrix = fc
  .integer({ min: 1, max: 6 })
  .chain((size) =>
    fc
      .array(fc.double({ min: -1000, max: 1000, noNaN: true }), { minLength: size * size, maxLength: size * size })
      .map((entries) =>
        Array.from({ length: size }, (_, i) =>
          Array.from({ length: size }, (_, j) => entries[Math.min(i, j) * size + Math.max(i, j)] ?? 0),
        ),
      ),
  );

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

describe("the eigen-decomposition of a symmetric matrix", () => {
  test("multiplies back to the matrix", () => {
    fc.assert(
      fc.property(symmetricMatrix, (matrix) => {
        const { values, vectors } = symmetricEigen(matrix);
        matrix.forEach((row, i) => {
          row.forEach((entry, j) => {
            const rebuilt = values.reduce((sum, value, k) => {
              const vector = vectors[k] ?? [];
              return sum + value * (vector[i] ?? 0) * (vector[j] ?? 0);
            }, 0);
            expect(rebuilt).toBeCloseTo(entry, 8);
          });
        });
      }),
    );
  });

  test("has orthonormal vectors and descending values", () => {
    fc.assert(
      fc.property(symmetricMatrix, (matrix) => {
        const { values, vectors } = symmetricEigen(matrix);
        expect(values).toEqual([...values].sort((a, b) => b - a));
        vectors.forEach((a, i) => {
          vectors.forEach((b, j) => {
            expect(dot(a, b)).toBeCloseTo(i === j ? 1 : 0, 10);
          });
        });
      }),
    );
  });

  test("is exact where the matrix is diagonal", () => {
    expect(
      symmetricEigen([
        [1, 0, 0],
        [0, 3, 0],
        [0, 0, 2],
      ]),
    ).toEqual({
      values: [3, 2, 1],
      vectors: [
        [0, 1, 0],
        [0, 0, 1],
        [1, 0, 0],
      ],
    });
  });

  test("gives the values and directions known for a rotated ellipse", () => {
    const { values, vectors } = symmetricEigen([
      [2, 1],
      [1, 2],
    ]);
    expect(values[0]).toBeCloseTo(3, 14);
    expect(values[1]).toBeCloseTo(1, 14);
    expect(vectors[0]?.[0]).toBeCloseTo(Math.SQRT1_2, 14);
    expect(vectors[0]?.[1]).toBeCloseTo(Math.SQRT1_2, 14);
  });
});
