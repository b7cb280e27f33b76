// Elementwise computation, compiled to SIMD when a program is loaded.
import type { ArrayType, MapAttributes, ScalarProgram, Shape } from "@tandem/core";
import type { CompiledFunction } from "../assembly/function.ts";
import { compileMap } from "../map/compile-map.ts";
import { areWords, type KernelDefinition, type Machine } from "./kernel.ts";

/** The compiled map, shared by all steps with this body over these shapes. */
export function preparedMap(
  machine: Machine,
  body: ScalarProgram,
  shape: Shape,
  inputShapes: readonly Shape[],
): CompiledFunction {
  const key = `map ${JSON.stringify([body.inputs, body.instructions.map(instructionKey), body.outputs, shape, inputShapes])}`;
  return machine.compiled(key, (memory) => compileMap(body, shape, inputShapes, memory));
}

/** JSON writes infinities and NaN as null, and -0 as 0. */
function instructionKey(instruction: ScalarProgram["instructions"][number]): unknown {
  if (instruction.op !== "constant") return instruction;
  return [instruction.dtype, Object.is(instruction.value, -0) ? "-0" : `${instruction.value}`];
}

function hasWordsInside(body: ScalarProgram): boolean {
  return areWords(body.instructions.map(({ dtype }): ArrayType => ({ dtype, shape: [] })));
}

export const mapKernel: KernelDefinition = {
  supports: (inputs, outputs, attributes) =>
    areWords(inputs) && areWords(outputs) && hasWordsInside((attributes as MapAttributes).body),
  prepare(step, machine) {
    const { body, shape } = step.attributes as MapAttributes;
    const run = preparedMap(
      machine,
      body,
      shape,
      step.inputs.map(({ type }) => type.shape),
    );
    return (inputs, outputs) => run(...inputs, ...outputs);
  },
};

/** Whether the epilogue's operands and result are such that it can run as a map over the result, in place. */
export function isEpilogueSupported(epilogue: ScalarProgram | undefined, types: readonly ArrayType[]): boolean {
  return areWords(types) && (epilogue === undefined || hasWordsInside(epilogue));
}

/** Applies an epilogue in place to a result that was just stored; `extras` are the addresses of its further operands. */
export function preparedEpilogue(
  machine: Machine,
  epilogue: ScalarProgram | undefined,
  shape: Shape,
  extraShapes: readonly Shape[],
): (result: number, extras: readonly number[]) => void {
  if (epilogue === undefined) return () => undefined;
  const run = preparedMap(machine, epilogue, shape, [shape, ...extraShapes]);
  return (result, extras) => run(result, ...extras, result);
}
