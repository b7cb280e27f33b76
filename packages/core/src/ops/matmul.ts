// Matrix multiplication: batched, with either operand transposed.
import { accumulatorOf, type DType, isFloat } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { defineOp, type Op, operand } from "../op.ts";
import { broadcastShapes, elementCount, extent, formatShape, type Shape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { ArrayType } from "../type.ts";
import { applyOp1 } from "./apply.ts";
import { broadcastTo } from "./elementwise.ts";
import { type EpilogueAttributes, epilogueFlops, typeAfterEpilogue } from "./epilogue.ts";
import { reshape } from "./movement.ts";

export type MatmulAttributes = EpilogueAttributes & {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly accumulate: DType;
};

interface MatmulSizes {
  readonly batch: Shape;
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** Reads batch, m, k, n off the operands: a is [batch, m, k], b is [batch, k, n], before their transpositions. */
export function matmulSizes(a: ArrayType, b: ArrayType, { transposeA, transposeB }: MatmulAttributes): MatmulSizes {
  if (a.shape.length < 2 || b.shape.length < 2) {
    throw new ShapeError(
      `operands must have at least two axes, found ${formatShape(a.shape)} and ${formatShape(b.shape)}`,
    );
  }
  const [aRows, aColumns] = [extent(a.shape, a.shape.length - 2), extent(a.shape, a.shape.length - 1)];
  const [bRows, bColumns] = [extent(b.shape, b.shape.length - 2), extent(b.shape, b.shape.length - 1)];
  const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const [kOfB, n] = transposeB ? [bColumns, bRows] : [bRows, bColumns];
  if (k !== kOfB)
    throw new ShapeError(`a has ${k} columns, b has ${kOfB} rows${transposeA || transposeB ? " (transposed)" : ""}`);
  const batch = a.shape.slice(0, -2);
  if (!sameShape(batch, b.shape.slice(0, -2))) {
    throw new ShapeError(`batch axes ${formatShape(batch)} and ${formatShape(b.shape.slice(0, -2))} differ`);
  }
  return { batch, m, k, n };
}

export const matmulOp: Op<MatmulAttributes> = defineOp<MatmulAttributes>({
  name: "matmul",
  roles: ["a", "b", "epilogue"],
  infer(inputs, attributes) {
    const [a, b] = [operand(inputs, 0), operand(inputs, 1)];
    if (a.dtype !== b.dtype || !isFloat(a.dtype))
      throw new DTypeError(`expects floats of one type, found ${a.dtype} and ${b.dtype}`);
    const { batch, m, n } = matmulSizes(a, b, attributes);
    return [typeAfterEpilogue({ dtype: a.dtype, shape: [...batch, m, n] }, inputs.slice(2), attributes)];
  },
  vjp({ inputs, cotangents: [dy], attributes: { transposeA, transposeB } }) {
    if (dy === undefined) return [undefined, undefined];
    const [a, b] = [operand(inputs, 0), operand(inputs, 1)];
    return [
      () => (transposeA ? multiply(b, dy, transposeB, true) : multiply(dy, b, false, !transposeB)),
      () => (transposeB ? multiply(dy, a, true, transposeA) : multiply(a, dy, !transposeA, false)),
    ];
  },
  flops(inputs, outputs, attributes) {
    const { batch, m, k, n } = matmulSizes(operand(inputs, 0), operand(inputs, 1), attributes);
    return 2 * elementCount(batch) * m * k * n + epilogueFlops(operand(outputs, 0), attributes);
  },
});

function multiply(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor {
  return applyOp1(matmulOp, [a, b], { transposeA, transposeB, accumulate: accumulatorOf(a.dtype) });
}

export interface MatmulOptions {
  /** Swap the last two axes of a first. */
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** a [..., m, k] times b [..., k, n] -> [..., m, n]; batch axes broadcast. */
export function matmul(a: Tensor, b: Tensor, { transposeA = false, transposeB = false }: MatmulOptions = {}): Tensor {
  if (b.shape.length === 2 && a.shape.length > 2 && !transposeA) {
    const rows = a.shape.slice(0, -1);
    const product = multiply(
      reshape(a, [elementCount(rows), extent(a.shape, a.shape.length - 1)]),
      b,
      false,
      transposeB,
    );
    return reshape(product, [...rows, extent(product.shape, 1)]);
  }
  const batch = broadcastShapes([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
  if (batch === undefined || a.shape.length < 2 || b.shape.length < 2) return multiply(a, b, transposeA, transposeB);
  const spread = (x: Tensor): Tensor => broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
  return multiply(spread(a), spread(b), transposeA, transposeB);
}
