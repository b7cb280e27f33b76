// Matrix products: every transposition, batches, broadcasting, sizes that fill no tile.
import { type ConformanceCase, testCase } from "../case.ts";
import { normal } from "../inputs.ts";

const transpositions = [
  { transposeA: false, transposeB: false },
  { transposeA: false, transposeB: true },
  { transposeA: true, transposeB: false },
  { transposeA: true, transposeB: true },
] as const;

const sizes: readonly (readonly [m: number, k: number, n: number])[] = [
  [5, 7, 3],
  [65, 33, 17],
  [1, 9, 4],
  [6, 1, 5],
  [8, 3, 1],
  [1, 1, 1],
];

export const matmulCases: readonly ConformanceCase[] = [
  ...sizes.flatMap(([m, k, n], index) =>
    transpositions.map((options) => {
      const { transposeA, transposeB } = options;
      const name = `matmul ${m}x${k}x${n}${transposeA ? ", a transposed" : ""}${transposeB ? ", b transposed" : ""}`;
      return testCase(
        name,
        { a: normal(transposeA ? [k, m] : [m, k]), b: normal(transposeB ? [n, k] : [k, n]) },
        ({ a, b }) => a.matmul(b, options),
        { secondOrder: index === 0 },
      );
    }),
  ),
  ...transpositions.map((options) => {
    const { transposeA, transposeB } = options;
    return testCase(
      `batched matmul ${JSON.stringify(options)}`,
      { a: normal(transposeA ? [3, 4, 2] : [3, 2, 4]), b: normal(transposeB ? [3, 5, 4] : [3, 4, 5]) },
      ({ a, b }) => a.matmul(b, options),
    );
  }),
  testCase("matmul with two batch axes", { a: normal([2, 3, 4, 5]), b: normal([2, 3, 5, 2]) }, ({ a, b }) =>
    a.matmul(b),
  ),
  testCase("matmul with broadcast batches", { a: normal([2, 1, 4, 5]), b: normal([3, 5, 2]) }, ({ a, b }) =>
    a.matmul(b),
  ),
  testCase("matmul of a batch by one matrix", { a: normal([2, 3, 5]), b: normal([5, 4]) }, ({ a, b }) => a.matmul(b)),
  testCase("matmul of a batch by one transposed matrix", { a: normal([2, 3, 5]), b: normal([4, 5]) }, ({ a, b }) =>
    a.matmul(b, { transposeB: true }),
  ),
  testCase("matmul of a matrix by its transpose", { a: normal([4, 6]) }, ({ a }) => a.matmul(a, { transposeB: true })),
  testCase("matmul with a long inner axis", { a: normal([2, 2053]), b: normal([2053, 3]) }, ({ a, b }) => a.matmul(b)),
];
