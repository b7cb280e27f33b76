// Elementwise computation: the scalar program is evaluated at every position.
import { broadcastStrides, elementCount, type Kernel, type MapAttributes, scalarEvaluator } from "@tandem/core";
import { Odometer } from "./odometer.ts";

/** Reads all inputs of a position before it writes the outputs, so an output may lie in the memory of an input. */
export const mapKernel: Kernel = (step, inputs, outputs) => {
  const { body, shape } = step.attributes as MapAttributes;
  const evaluate = scalarEvaluator(body);
  const elements = new Float64Array(inputs.length);
  const walk = new Odometer(
    shape,
    step.inputs.map(({ type }) => broadcastStrides(type.shape, shape)),
  );
  const count = elementCount(shape);
  for (let position = 0; position < count; position++) {
    for (let index = 0; index < inputs.length; index++) {
      elements[index] = inputs[index]?.[walk.offsets[index] as number] as number;
    }
    const results = evaluate(elements, walk.coordinates);
    for (let index = 0; index < outputs.length; index++) {
      const output = outputs[index];
      if (output !== undefined) output[position] = results[index] as number;
    }
    walk.advance();
  }
};
