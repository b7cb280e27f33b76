// Removes inputs that a scalar program does not read.
import type { ScalarProgram } from "./program.ts";

export interface PrunedProgram {
  readonly program: ScalarProgram;
  /** Old index of each remaining input. */
  readonly kept: readonly number[];
}

export function withoutUnusedInputs(program: ScalarProgram): PrunedProgram {
  const used = new Set(
    program.instructions.flatMap((instruction) => (instruction.op === "input" ? instruction.index : [])),
  );
  const kept = [...program.inputs.keys()].filter((index) => used.has(index));
  if (kept.length === program.inputs.length) return { program, kept };
  const renumbered = new Map(kept.map((old, index) => [old, index]));
  return {
    kept,
    program: {
      inputs: kept.flatMap((index) => program.inputs[index] ?? []),
      instructions: program.instructions.map((instruction) =>
        instruction.op === "input" ? { ...instruction, index: renumbered.get(instruction.index) ?? 0 } : instruction,
      ),
      outputs: program.outputs,
    },
  };
}
