// What one element of a scalar program costs, for FLOP counts and for fusion's decision to repeat it or not.
import type { ScalarProgram } from "./program.ts";
import { scalarRule } from "./rules.ts";

/** Rough pipeline operations an element. */
export function scalarCost(program: ScalarProgram): number {
  let cost = 0;
  for (const instruction of program.instructions) {
    switch (instruction.op) {
      case "input":
      case "constant":
      case "coordinate":
      case "bitcast":
        break;
      case "cast":
        cost += 1;
        break;
      default:
        cost += scalarRule(instruction.op).cost;
    }
  }
  return cost;
}

/** True when the program only moves its one input through: `map` with this body is a broadcast or a copy. */
export function isIdentity(program: ScalarProgram): boolean {
  const [output] = program.outputs;
  return program.outputs.length === 1 && output !== undefined && program.instructions[output]?.op === "input";
}
