// What fusion appended to a matrix product or convolution, as a map over the stored result, in place.
import type { ArrayType, ScalarProgram } from "@tandem/core";
import { operand } from "@tandem/core";
import { input, launchesOf, output } from "../generated.ts";
import { areWords, type LaunchTarget, type StepShape } from "../kernel.ts";
import type { Launch } from "../launch.ts";
import { compileMap } from "../map/compile-map.ts";
import { hasWordsInside } from "./map.ts";

/** Operands of the product or convolution proper; further ones are read by the epilogue alone. */
const OWN_OPERANDS = 2;

/** Whether the epilogue's operands and result are such that it can run in place. */
export function isEpilogueSupported(epilogue: ScalarProgram | undefined, types: readonly ArrayType[]): boolean {
  return areWords(types) && (epilogue === undefined || hasWordsInside(epilogue));
}

/** Launches that apply the step's epilogue to its first output, where the bare result is; none if the step has no epilogue. */
export function epilogueLaunches(
  { inputs, outputs }: StepShape,
  epilogue: ScalarProgram | undefined,
  target: LaunchTarget,
): readonly Launch[] {
  if (epilogue === undefined) return [];
  const { shape } = operand(outputs, 0).type;
  const extras = inputs.slice(OWN_OPERANDS);
  return launchesOf(
    compileMap(epilogue, shape, [shape, ...extras.map(({ type }) => type.shape)], target),
    output(0),
    ...extras.map((_, index) => input(OWN_OPERANDS + index)),
    output(0),
  );
}
