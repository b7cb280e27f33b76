// How a workgroup shares a reduction: a rectangle of invocations, whose columns are results and whose rows are parts of each.
import { elementCount, extent, rowMajorStrides, type Shape } from "@tandem/core";
import { coordinatesOf, offsetExpression } from "../shader/broadcast.ts";
import { mergeAxes } from "../shader/merged-axes.ts";

/** Invocations of a workgroup. */
export const REDUCTION_WORKGROUP = 256;
/** Results that lie side by side and that a workgroup computes together: a line of memory. */
const LINE = 32;

export interface Reduction {
  readonly results: number;
  /** Elements of each. */
  readonly length: number;
  /** Invocations along results and along elements, powers of 2. */
  readonly columns: number;
  readonly rows: number;
  /** Whether neighbours in memory belong to one result. */
  readonly isAlongRow: boolean;
  readonly kept: StridedAxes;
  readonly reduced: StridedAxes;
}

/** Axes of the input, with the distances of neighbours in elements. */
interface StridedAxes {
  readonly shape: Shape;
  readonly strides: readonly number[];
}

/** Shares the work by shapes alone, so that the order of summation depends on nothing else. */
export function reductionOf(shape: Shape, axes: readonly number[]): Reduction {
  const strides = rowMajorStrides(shape);
  const along = (some: readonly number[]): StridedAxes => {
    const merged = mergeAxes(
      some.map((axis) => extent(shape, axis)),
      [some.map((axis) => extent(strides, axis))],
    );
    return { shape: merged.shape, strides: merged.strides[0] ?? [] };
  };
  const kept = along([...shape.keys()].filter((axis) => !axes.includes(axis)));
  const reduced = along(axes);
  const [results, length] = [elementCount(kept.shape), elementCount(reduced.shape)];
  const isAlongRow = reduced.strides.at(-1) === 1 || length === 1;
  const columnsAtMost = isAlongRow ? REDUCTION_WORKGROUP : LINE;
  const rows = isAlongRow
    ? powerOfTwoFrom(Math.min(length, REDUCTION_WORKGROUP))
    : REDUCTION_WORKGROUP / Math.min(columnsAtMost, powerOfTwoFrom(results));
  return { results, length, columns: REDUCTION_WORKGROUP / rows, rows, isAlongRow, kept, reduced };
}

function powerOfTwoFrom(count: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, count)));
}

/** Defines `column` and `row`, the place of the invocation `lane`. */
export function placeInWorkgroup({ columns, rows, isAlongRow }: Reduction): string {
  return isAlongRow
    ? `  let column = lane / ${rows}u;\n  let row = lane % ${rows}u;`
    : `  let column = lane % ${columns}u;\n  let row = lane / ${columns}u;`;
}

/** Distance of two rows among the invocations. */
function rowStride({ columns, isAlongRow }: Reduction): number {
  return isAlongRow ? 1 : columns;
}

/** Defines `start`, the index of the first element of `result`. */
export function startOfResult({ kept }: Reduction): string {
  const { statements, coordinates } = coordinatesOf(kept.shape, "result", "kept");
  return `${statements}\n  let start = ${offsetExpression(coordinates, kept.strides)};`;
}

/** Defines `index`, that of the element number `element`. */
export function indexOfElement({ reduced }: Reduction): string {
  const { statements, coordinates } = coordinatesOf(reduced.shape, "element", "reduced");
  return `${statements}\n  let index = start + ${offsetExpression(coordinates, reduced.strides)};`;
}

/** Halves the number of rows until one is left; `fold` takes in the place of another invocation. */
export function treeOverRows(reduction: Reduction, fold: (other: string) => string): string {
  return `  workgroupBarrier();
  for (var half = ${Math.floor(reduction.rows / 2)}u; half > 0u; half /= 2u) {
    if (row < half) { ${fold(`lane + half * ${rowStride(reduction)}u`)} }
    workgroupBarrier();
  }`;
}
