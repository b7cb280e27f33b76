// A scalar program computes one element of an elementwise op: a list of instructions in order, each naming earlier ones.
// It is plain data: it can be cloned, compared and printed, and every backend evaluates it or compiles it.
import type { DType } from "../dtype.ts";
import type { ScalarOp } from "./rules.ts";

export type ScalarInstruction =
  /** Element of the map's input `index` at this position. */
  | { readonly op: "input"; readonly dtype: DType; readonly index: number }
  | { readonly op: "constant"; readonly dtype: DType; readonly value: number }
  /** Position of the element along `axis` of the map's shape (u32). */
  | { readonly op: "coordinate"; readonly dtype: "u32"; readonly axis: number }
  /** Value-preserving conversion, rounding toward zero from float to integer. */
  | { readonly op: "cast"; readonly dtype: DType; readonly args: readonly [number] }
  /** The same 32 bits read as another type. */
  | { readonly op: "bitcast"; readonly dtype: DType; readonly args: readonly [number] }
  | { readonly op: ScalarOp; readonly dtype: DType; readonly args: readonly number[] };

export interface ScalarProgram {
  readonly inputs: readonly DType[];
  readonly instructions: readonly ScalarInstruction[];
  /** Instructions whose values are the outputs. */
  readonly outputs: readonly number[];
}

/** The instructions an instruction reads. */
export function scalarArguments(instruction: ScalarInstruction): readonly number[] {
  return "args" in instruction ? instruction.args : [];
}

/** The instruction at `position`; programs are built so that every named position exists. */
export function instructionAt(program: ScalarProgram, position: number): ScalarInstruction {
  const found = program.instructions[position];
  if (found === undefined) throw new RangeError(`scalar program has no instruction ${position}`);
  return found;
}

export function outputTypes(program: ScalarProgram): DType[] {
  return program.outputs.map((position) => instructionAt(program, position).dtype);
}
