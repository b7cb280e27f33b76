// Removes what a scalar program does not need: dead instructions and inputs it does not read.
import { instructionAt, type ScalarInstruction, type ScalarProgram } from "./program.ts";

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

/** Drops instructions no output depends on and renumbers the rest. */
export function withoutDeadInstructions(program: ScalarProgram): ScalarProgram {
  const live = new Set<number>();
  const visit = (position: number): void => {
    if (live.has(position)) return;
    live.add(position);
    const instruction = instructionAt(program, position);
    if ("args" in instruction) for (const argument of instruction.args) visit(argument);
  };
  for (const output of program.outputs) visit(output);
  const renumbered = new Map([...live].sort((a, b) => a - b).map((position, index) => [position, index]));
  const at = (position: number): number => renumbered.get(position) ?? position;
  const instructions = program.instructions.flatMap((instruction, position): ScalarInstruction[] => {
    if (!live.has(position)) return [];
    switch (instruction.op) {
      case "input":
      case "constant":
      case "coordinate":
        return [instruction];
      case "cast":
      case "bitcast":
        return [{ ...instruction, args: [at(instruction.args[0])] }];
      default:
        return [{ ...instruction, args: instruction.args.map(at) }];
    }
  });
  return { inputs: program.inputs, instructions, outputs: program.outputs.map(at) };
}

/** Both at once: for a program some of whose outputs were taken away. */
export function withoutUnusedInstructions(program: ScalarProgram): PrunedProgram {
  return withoutUnusedInputs(withoutDeadInstructions(program));
}

/** The same program reading input `positions[i]` wherever it read input i: how an operand given twice becomes one. */
export function withInputsRenumbered(program: ScalarProgram, positions: readonly number[]): ScalarProgram {
  if (positions.every((position, index) => position === index)) return program;
  return {
    ...program,
    instructions: program.instructions.map((instruction) =>
      instruction.op === "input"
        ? { ...instruction, index: positions[instruction.index] ?? instruction.index }
        : instruction,
    ),
  };
}
