// The innermost part of every product: a register tile of sums, to which four terms are added.
import type { Along } from "./loader.ts";

/** Sums of one invocation; both extents are multiples of four. */
export interface RegisterTile {
  readonly rows: number;
  readonly columns: number;
}

export interface FragmentReads extends RegisterTile {
  readonly alongA: Along;
  readonly alongB: Along;
  /**
   * vec4f expressions of four neighbours, along depth for each of the tile's rows (columns), or along the span for every fourth one
   * and each depth, counted from 0 to 3.
   */
  readonly readA: (row: number, depth: number) => string;
  readonly readB: (column: number, depth: number) => string;
}

export function range(count: number, step = 1): readonly number[] {
  return Array.from({ length: Math.ceil(count / step) }, (_, index) => index * step);
}

const DEPTHS = range(4);

export function sumsOf({ rows, columns }: RegisterTile): string {
  return range(rows)
    .map(
      (row) =>
        `  ${range(columns, 4)
          .map((column) => `var ${sum(row, column)} = vec4f();`)
          .join(" ")}`,
    )
    .join("\n");
}

/** Columns `column` to `column + 3` of row `row`. */
function sum(row: number, column: number): string {
  return `sum_${row}_${column}`;
}

/** Statements that add the terms of four depths to the sums, in the order of the depths. */
export function addFourTerms(reads: FragmentReads): string {
  return ["    {", ...columnFragments(reads), ...rowTerms(reads), "    }"].join("\n");
}

/** `b_DEPTH_COLUMN`: four columns of b. */
function columnFragments({ columns, alongB, readB }: FragmentReads): string[] {
  if (alongB === "span") {
    return DEPTHS.flatMap((depth) =>
      range(columns, 4).map((column) => `      let b_${depth}_${column} = ${readB(column, depth)};`),
    );
  }
  return [
    ...range(columns).map((column) => `      let depths_${column} = ${readB(column, 0)};`),
    ...DEPTHS.flatMap((depth) =>
      range(columns, 4).map((column) => {
        const four = range(4).map((next) => `depths_${column + next}[${depth}]`);
        return `      let b_${depth}_${column} = vec4f(${four.join(", ")});`;
      }),
    ),
  ];
}

function rowTerms({ rows, columns, alongA, readA }: FragmentReads): string[] {
  const add = (row: number, depth: number, factor: string): string[] =>
    range(columns, 4).map(
      (column) => `      ${sum(row, column)} = fma(vec4f(${factor}), b_${depth}_${column}, ${sum(row, column)});`,
    );
  if (alongA === "depth") {
    return range(rows).flatMap((row) => [
      `      let a_${row} = ${readA(row, 0)};`,
      ...DEPTHS.flatMap((depth) => add(row, depth, `a_${row}[${depth}]`)),
    ]);
  }
  return DEPTHS.flatMap((depth) => [
    ...range(rows, 4).map((row) => `      let a_${depth}_${row} = ${readA(row, depth)};`),
    ...range(rows).flatMap((row) => add(row, depth, `a_${depth}_${row - (row % 4)}[${row % 4}]`)),
  ]);
}

/** Statements that store the sums, whose rows and columns lie where the expressions say. */
export function storeSums(
  { rows, columns }: RegisterTile,
  rowOf: (row: number) => string,
  columnOf: (column: number) => string,
): string {
  return range(rows)
    .flatMap((row) =>
      range(columns, 4).map(
        (column) => `  store(part, matrix, ${rowOf(row)}, ${columnOf(column)}, ${sum(row, column)});`,
      ),
    )
    .join("\n");
}
