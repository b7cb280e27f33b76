// Elementwise computation.
import type { ArrayType, MapAttributes, ScalarProgram } from "@tandem/core";
import { input, launchesOf, output } from "../generated.ts";
import { areWords, type KernelDefinition } from "../kernel.ts";
import { compileMap } from "../map/compile-map.ts";

/** Whether everything that a scalar program computes fits 32-bit lanes. */
export function hasWordsInside(body: ScalarProgram): boolean {
  return areWords(body.instructions.map(({ dtype }): ArrayType => ({ dtype, shape: [] })));
}

export const mapKernel: KernelDefinition = {
  supports: (inputs, outputs, attributes) =>
    areWords(inputs) && areWords(outputs) && hasWordsInside((attributes as MapAttributes).body),
  launches({ inputs, outputs, attributes }, target) {
    const { body, shape } = attributes as MapAttributes;
    const shapes = inputs.map(({ type }) => type.shape);
    return launchesOf(
      compileMap(body, shape, shapes, target),
      ...inputs.map((_, index) => input(index)),
      ...outputs.map((_, index) => output(index)),
    );
  },
};
