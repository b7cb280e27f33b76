// A scalar program as WebAssembly code for one element, or for four at once.
import { type DType, instructionAt, operand, type ScalarInstruction, type ScalarProgram } from "@tandem/core";
import { type Code, get, set } from "../encoding/code.ts";
import type { Locals } from "../encoding/module.ts";
import { isLaneType, type Lanes, type LaneType } from "./lanes.ts";

export interface ScalarCodeContext {
  readonly lanes: Lanes;
  readonly locals: Locals;
  /** The value of an input; evaluated once. */
  readonly input: (index: number, dtype: LaneType) => Code;
  /** The position along an axis; evaluated once. */
  readonly coordinate: (axis: number) => Code;
}

export interface ScalarCode {
  readonly statements: readonly Code[];
  /** Code for each output, to be evaluated after the statements. */
  readonly outputs: readonly Code[];
}

export function scalarCode(
  program: ScalarProgram,
  { lanes, locals, input, coordinate }: ScalarCodeContext,
): ScalarCode {
  const statements: Code[] = [];
  const values: Code[] = [];
  const keep = (dtype: LaneType, value: Code): Code => {
    const local = locals.variable(lanes.variableType(dtype));
    statements.push(set(local, value));
    return get(local);
  };
  const computed = (instruction: ScalarInstruction): Code => {
    const dtype = laneType(instruction.dtype);
    switch (instruction.op) {
      case "constant":
        return lanes.constant(dtype, instruction.value);
      case "input":
        return keep(dtype, input(instruction.index, dtype));
      case "coordinate":
        return keep(dtype, coordinate(instruction.axis));
      case "cast":
      case "bitcast": {
        const from = laneType(instructionAt(program, instruction.args[0]).dtype);
        return keep(dtype, lanes[instruction.op](from, dtype, operand(values, instruction.args[0])));
      }
      default: {
        const operandType = laneType(
          instructionAt(program, operand(instruction.args, instruction.args.length - 1)).dtype,
        );
        const operands = instruction.args.map((argument) => operand(values, argument));
        const bound = boundOf(program, instruction);
        if (bound !== undefined) return keep(dtype, lanes.bounded(bound, operand(operands, 2), operand(operands, 1)));
        return keep(dtype, lanes.apply(instruction.op, operandType, operands));
      }
    }
  };
  for (const instruction of program.instructions) values.push(computed(instruction));
  return { statements, outputs: program.outputs.map((position) => operand(values, position)) };
}

export function laneType(dtype: DType): LaneType {
  if (!isLaneType(dtype)) throw new RangeError(`${dtype} does not fit a 32-bit lane`);
  return dtype;
}

/** Whether the instruction is x < y ? y : x (y is a lower bound of x) or x > y ? y : x, of f32. */
function boundOf(program: ScalarProgram, instruction: ScalarInstruction): "lower" | "upper" | undefined {
  if (instruction.op !== "select" || instruction.dtype !== "f32") return undefined;
  const [condition = 0, bound, x] = instruction.args;
  const comparison = instructionAt(program, condition);
  if (comparison.op !== "lt" && comparison.op !== "gt") return undefined;
  const [left, right] = comparison.args;
  if (left !== x || right !== bound) return undefined;
  return comparison.op === "lt" ? "lower" : "upper";
}
