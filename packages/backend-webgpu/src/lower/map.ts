// Elementwise computations with more operands than a kernel has bindings, as several that have fewer.
import {
  type ArrayType,
  applyMap,
  inlineScalarProgram,
  type MapAttributes,
  operand,
  outputTypes,
  ScalarBuilder,
  type ScalarProgram,
  type Shape,
  sameShape,
  scalarArguments,
  type Tensor,
} from "@tandem/core";
import type { Capabilities } from "../capabilities.ts";
import { areStorable } from "../kernel.ts";
import { mapBindings } from "../kernels/map.ts";

/** A map for each output, each cut where it reads too much; `undefined` where that does not help. */
export function lowerMap(
  inputs: readonly Tensor[],
  { body, shape }: MapAttributes,
  capabilities: Capabilities,
): readonly Tensor[] | undefined {
  const types = [...inputs, ...outputTypes(body).map((dtype): ArrayType => ({ dtype, shape }))];
  if (!areStorable(types, capabilities)) return undefined;
  const outputs = body.outputs.map((output) => computed(inputs, withOutput(body, output), shape, capabilities));
  return outputs.some((output) => output === undefined) ? undefined : outputs.flatMap((output) => output ?? []);
}

/** The one output of `program`, by as many maps as it takes. */
function computed(
  inputs: readonly Tensor[],
  program: ScalarProgram,
  shape: Shape,
  capabilities: Capabilities,
): Tensor | undefined {
  const reads = inputsRead(program);
  const isTooMuch = (read: ReadonlySet<number>): boolean => {
    const types = [...read].map((index) => operand(inputs, index));
    return mapBindings(types, shape, 1, capabilities) > capabilities.limits.storageBindings;
  };
  const first = reads.findIndex(isTooMuch);
  if (first < 0) return applyMap(inputs, program, shape)[0];

  const partials = new Map<number, Tensor>();
  for (const argument of scalarArguments(operand(program.instructions, first))) {
    const partial = partialOf(inputs, program, argument, shape);
    if (partial !== undefined) partials.set(argument, partial);
  }
  if (partials.size === 0) return undefined;
  const rest = withInputsAt(program, [...partials.keys()]);
  return computed([...inputs, ...partials.values()], rest, shape, capabilities);
}

/** The value of an instruction as a tensor, unless an input is that already. */
function partialOf(
  inputs: readonly Tensor[],
  program: ScalarProgram,
  position: number,
  shape: Shape,
): Tensor | undefined {
  const instruction = operand(program.instructions, position);
  if (instruction.op === "constant") return undefined;
  if (instruction.op === "input" && sameShape(operand(inputs, instruction.index).shape, shape)) return undefined;
  return applyMap(inputs, withOutput(program, position), shape)[0];
}

/** The inputs that each instruction depends on. */
function inputsRead(program: ScalarProgram): readonly ReadonlySet<number>[] {
  const reads: Set<number>[] = [];
  for (const instruction of program.instructions) {
    const own = instruction.op === "input" ? [instruction.index] : [];
    const before = scalarArguments(instruction).flatMap((argument) => [...(reads[argument] ?? [])]);
    reads.push(new Set([...own, ...before]));
  }
  return reads;
}

/** The program that computes nothing but one instruction of `program`. */
function withOutput(program: ScalarProgram, position: number): ScalarProgram {
  const builder = new ScalarBuilder();
  const values = inlineScalarProgram(program, builder, (index, dtype) => builder.input(index, dtype));
  return builder.finish(program.inputs, [operand(values, position)]);
}

/** The program with inputs of its own, after those it has, in the place of the instructions at `positions`. */
function withInputsAt(program: ScalarProgram, positions: readonly number[]): ScalarProgram {
  const types = positions.map((position) => operand(program.instructions, position).dtype);
  const replaced: ScalarProgram = {
    inputs: [...program.inputs, ...types],
    instructions: program.instructions.map((instruction, at) => {
      const added = positions.indexOf(at);
      if (added < 0) return instruction;
      return { op: "input", dtype: instruction.dtype, index: program.inputs.length + added };
    }),
    outputs: program.outputs,
  };
  return withOutput(replaced, operand(program.outputs, 0));
}
