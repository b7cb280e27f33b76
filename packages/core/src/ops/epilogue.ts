// An epilogue: a scalar program applied to each result of a matmul or convolution before it is stored. Only fusion makes them.
import { ShapeError } from "../errors.ts";
import { scalarCost } from "../scalar/cost.ts";
import { outputTypes, type ScalarProgram } from "../scalar/program.ts";
import { broadcastShapes, elementCount, formatShape, sameShape } from "../shape.ts";
import type { ArrayType } from "../type.ts";

export type EpilogueAttributes = {
  /** Input 0 is the result of the op; the others are the op's further operands, broadcast to the result. */
  readonly epilogue?: ScalarProgram;
};

/** The type that is stored, given the type before the epilogue and the operands only the epilogue reads. */
export function typeAfterEpilogue(
  result: ArrayType,
  extras: readonly ArrayType[],
  { epilogue }: EpilogueAttributes,
): ArrayType {
  for (const extra of extras) {
    const together = broadcastShapes([extra.shape, result.shape]);
    if (together === undefined || !sameShape(together, result.shape)) {
      throw new ShapeError(
        `epilogue operand of shape ${formatShape(extra.shape)} does not broadcast to ${formatShape(result.shape)}`,
      );
    }
  }
  const [dtype = result.dtype] = epilogue === undefined ? [] : outputTypes(epilogue);
  return { dtype, shape: result.shape };
}

export function epilogueFlops(result: ArrayType, { epilogue }: EpilogueAttributes): number {
  return epilogue === undefined ? 0 : scalarCost(epilogue) * elementCount(result.shape);
}
