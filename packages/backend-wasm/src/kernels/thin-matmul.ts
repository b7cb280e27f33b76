// Products with few rows: they are over when the right operand has been read once, so that packing it would only cost time.
import { elementCount, type MatmulAttributes, matmulSizes, operand } from "@tandem/core";
import type { Launch, LaunchTarget, StepShape } from "@tandem/wasm-codegen";
import { fusedEpilogue, separateEpilogue } from "./bias-activation.ts";

/** From this many rows on, packing the right operand pays. */
const MOST_THIN_ROWS = 4;
const COLUMNS_IN_BLOCK = 256;
/** Columns whose depth lies side by side are read one after the other, so fewer of them make a block. */
const RUNS_IN_BLOCK = 64;

/** A thin product in terms of its operands, which are swapped where it is the columns that are few. */
interface ThinProduct {
  readonly left: 0 | 1;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly leftRow: number;
  readonly leftDepth: number;
  readonly rightIsTransposed: boolean;
}

/** The step as a thin product, or `undefined` if it is none. */
function thinProductOf({ inputs, attributes }: Pick<StepShape, "inputs" | "attributes">): ThinProduct | undefined {
  const settings = attributes as MatmulAttributes;
  const { transposeA, transposeB } = settings;
  const { batch, m, k, n } = matmulSizes(operand(inputs, 0).type, operand(inputs, 1).type, settings);
  if (elementCount(batch) !== 1 || m * k * n === 0) return undefined;
  if (m <= MOST_THIN_ROWS) {
    const [leftRow, leftDepth] = transposeA ? [1, m] : [k, 1];
    return { left: 0, rows: m, columns: n, depth: k, leftRow, leftDepth, rightIsTransposed: transposeB };
  }
  // (a b)^T = b^T a^T, and a column lies in memory as a row does.
  if (n === 1)
    return { left: 1, rows: 1, columns: m, depth: k, leftRow: k, leftDepth: 1, rightIsTransposed: !transposeA };
  return undefined;
}

export function isThinProduct(step: Pick<StepShape, "inputs" | "attributes">): boolean {
  return thinProductOf(step) !== undefined;
}

/** Launches of a product that is thin, `undefined` for any other. */
export function thinMatmulLaunches(step: StepShape, target: LaunchTarget): readonly Launch[] | undefined {
  const product = thinProductOf(step);
  if (product === undefined) return undefined;
  const { left, rows, columns, depth, leftRow, leftDepth, rightIsTransposed } = product;
  const { epilogue } = step.attributes as MatmulAttributes;
  const { bias, rectifies, afterwards } =
    left === 0 ? fusedEpilogue(step, epilogue, columns, target) : separateEpilogue(step, epilogue, target);
  const columnsInBlock = rightIsTransposed ? RUNS_IN_BLOCK : COLUMNS_IN_BLOCK;
  const words = [
    rows,
    columns,
    depth,
    leftRow,
    leftDepth,
    Number(rightIsTransposed),
    columnsInBlock,
    Number(rectifies),
  ];
  return [
    {
      function: { kind: "library", name: "thinMatmulBlock" },
      arguments: [
        { kind: "threadWorkspace", words },
        { kind: "input", index: left, byteOffset: 0 },
        { kind: "input", index: left === 0 ? 1 : 0, byteOffset: 0 },
        { kind: "output", index: 0, byteOffset: 0 },
        bias,
      ],
      tiles: Math.ceil(columns / columnsInBlock),
    },
    ...afterwards,
  ];
}
