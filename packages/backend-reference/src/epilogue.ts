// Storing the results of a matmul or convolution, through the scalar program that fusion appended to it, if any.
import {
  broadcastStrides,
  type EpilogueAttributes,
  type HostArray,
  operand,
  roundTo,
  type Step,
  scalarEvaluator,
} from "@tandem/core";
import { Odometer } from "./odometer.ts";

/** Operands of matmul and convolution proper; further ones are read by the epilogue alone. */
const OWN_OPERANDS = 2;

/** A function that takes the results in row-major order and stores each one rounded once. */
export function resultStore(step: Step, inputs: readonly HostArray[], output: HostArray): (result: number) => void {
  const { epilogue } = step.attributes as EpilogueAttributes;
  let position = 0;
  if (epilogue === undefined) {
    return (result) => {
      output[position++] = result;
    };
  }
  const evaluate = scalarEvaluator(epilogue);
  const { shape } = operand(step.outputs, 0).type;
  const { dtype } = operand(step.inputs, 0).type;
  const extras = inputs.slice(OWN_OPERANDS);
  const elements = new Float64Array(1 + extras.length);
  const walk = new Odometer(
    shape,
    step.inputs.slice(OWN_OPERANDS).map(({ type }) => broadcastStrides(type.shape, shape)),
  );
  return (result) => {
    elements[0] = roundTo(dtype, result);
    for (let index = 0; index < extras.length; index++) {
      elements[index + 1] = extras[index]?.[walk.offsets[index] as number] as number;
    }
    output[position++] = evaluate(elements, walk.coordinates)[0] as number;
    walk.advance();
  };
}
