// An operand of a step as a loader needs to know it.
import { elementCount, operand } from "@tandem/core";
import type { StepShape } from "../kernel.ts";
import type { OperandMemory, Side } from "./loader.ts";

export function operandMemory(step: StepShape, side: Side, index: number): OperandMemory {
  const { dtype, shape } = operand(step.inputs, index).type;
  const element = dtype === "f16" ? "f16" : "f32";
  return { side, storage: { kind: "input", index }, element, count: elementCount(shape) };
}
