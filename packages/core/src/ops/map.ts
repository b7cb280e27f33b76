// Elementwise computation: one primitive whose body is a scalar program. Inputs broadcast to the shape implicitly.
import { isFloat } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { type CotangentThunk, defineOp, type Op } from "../op.ts";
import { type Scalar, type ScalarBuilder, scalarProgram } from "../scalar/builder.ts";
import { isIdentity, scalarCost } from "../scalar/cost.ts";
import { differentiateScalarProgram } from "../scalar/differentiate.ts";
import { outputTypes, type ScalarProgram } from "../scalar/program.ts";
import { withInputsRenumbered, withoutUnusedInputs } from "../scalar/prune.ts";
import { broadcastShapes, elementCount, formatShape, type Shape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { currentBuilder } from "../trace-context.ts";

export type MapAttributes = {
  readonly body: ScalarProgram;
  /** Shape of every output. */
  readonly shape: Shape;
  /** Where a map without inputs lives. */
  readonly device?: string;
};

export const mapOp: Op<MapAttributes> = defineOp<MapAttributes>({
  name: "map",
  roles: ["operand"],
  infer(inputs, { body, shape }) {
    for (const [index, input] of inputs.entries()) {
      const together = broadcastShapes([input.shape, shape]);
      if (together === undefined || !sameShape(together, shape)) {
        throw new ShapeError(
          `operand ${index} of shape ${formatShape(input.shape)} does not broadcast to ${formatShape(shape)}`,
        );
      }
      if (input.dtype !== body.inputs[index]) {
        throw new DTypeError(
          `operand ${index} is ${input.dtype}, the body expects ${body.inputs[index] ?? "no such operand"}`,
        );
      }
    }
    return outputTypes(body).map((dtype) => ({ dtype, shape }));
  },
  device: ({ device }) => device,
  vjp({ inputs, outputs, cotangents, attributes: { body, shape } }) {
    const cotangentTypes = cotangents.map((cotangent) => cotangent?.dtype);
    return inputs.map((input, index): CotangentThunk => {
      if (!isFloat(input.dtype)) return undefined;
      const gradient = differentiateScalarProgram(body, outputTypes(body), cotangentTypes, index);
      if (gradient === undefined) return undefined;
      return () => {
        const present = cotangents.map((cotangent, output) => cotangent ?? outputs[output]).flatMap((t) => t ?? []);
        const [result] = applyMap([...inputs, ...outputs, ...present], gradient, shape);
        return result ?? input;
      };
    });
  },
  flops: (_inputs, _outputs, { body, shape }) => scalarCost(body) * elementCount(shape),
});

export interface MapOptions {
  /** What the function is called in errors; `map` by default. */
  readonly name?: string;
  /** Shape of the result; by default what the inputs broadcast to. */
  readonly shape?: Shape;
  /** Where a map without inputs lives; by default the first device. */
  readonly device?: string;
}

/**
 * Computes every element from the elements of the inputs at the same position.
 * The body is called once, with a scalar for each input, and returns a scalar for each output.
 */
export function map(
  inputs: readonly Tensor[],
  body: (inputs: readonly Scalar[], builder: ScalarBuilder) => readonly Scalar[],
  options: MapOptions = {},
): Tensor[] {
  const { name = mapOp.name, device } = options;
  const [program, shape] = currentBuilder().located({ name, roles: mapOp.roles }, inputs, () => [
    scalarProgram(
      inputs.map((input) => input.dtype),
      body,
    ),
    options.shape ?? shapeTogether(inputs),
  ]);
  return applyMap(inputs, program, shape, device);
}

function shapeTogether(inputs: readonly Tensor[]): Shape {
  const shape = broadcastShapes(inputs.map((input) => input.shape));
  if (shape === undefined) {
    throw new ShapeError(
      `shapes ${inputs.map((input) => formatShape(input.shape)).join(" and ")} do not broadcast together`,
      { hint: "aligned at their last axes, extents must be equal or 1" },
    );
  }
  return shape;
}

/** Records a map; inputs are listed once and only if the body reads them, and a map that changes nothing is its input. */
export function applyMap(inputs: readonly Tensor[], body: ScalarProgram, shape: Shape, device?: string): Tensor[] {
  const firstPosition = inputs.map((input) =>
    inputs.findIndex((other) => other.id === input.id && other.builder === input.builder),
  );
  const pruned = withoutUnusedInputs(withInputsRenumbered(body, firstPosition));
  const read = pruned.kept.flatMap((index) => inputs[index] ?? []);
  const [only] = read;
  if (only !== undefined && isIdentity(pruned.program) && sameShape(only.shape, shape)) return [only];
  const home = read.length === 0 ? (device ?? inputs[0]?.device) : undefined;
  const attributes: MapAttributes = {
    body: pruned.program,
    shape: [...shape],
    ...(home !== undefined && { device: home }),
  };
  return currentBuilder().apply(mapOp, read, attributes);
}
