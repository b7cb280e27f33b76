// Reverse-mode differentiation of a scalar program.
import { type DType, isFloat } from "../dtype.ts";
import { inlineScalarProgram, type Scalar, ScalarBuilder } from "./builder.ts";
import type { ScalarProgram } from "./program.ts";
import { scalarRule } from "./rules.ts";

/**
 * The gradient of a program with respect to one of its inputs, as a program over the inputs, then the outputs, then a
 * cotangent for each output. The outputs are offered as inputs of the gradient so that
 * a derivative that can use the result (relu, tanh, sigmoid, exp) does not keep the operand alive.
 * An output without a cotangent type contributes nothing. Returns `undefined` when the gradient is zero everywhere.
 */
export function differentiateScalarProgram(
  program: ScalarProgram,
  outputs: readonly DType[],
  cotangentTypes: readonly (DType | undefined)[],
  withRespectTo: number,
): ScalarProgram | undefined {
  const builder = new ScalarBuilder();
  const inputCount = program.inputs.length;
  const types: DType[] = [...program.inputs, ...outputs, ...outputs];
  const values = inlineScalarProgram(program, builder, (index, dtype) => builder.input(index, dtype));
  for (const [index, position] of program.outputs.entries()) {
    const dtype = outputs[index];
    const isLeaf = program.instructions[position]?.op === "input" || program.instructions[position]?.op === "constant";
    if (dtype !== undefined && !isLeaf) values[position] = builder.input(inputCount + index, dtype);
  }

  const cotangents = new Map<number, Scalar>();
  const accumulate = (position: number, cotangent: Scalar): void => {
    const sum = cotangents.get(position);
    cotangents.set(position, sum === undefined ? cotangent : sum.add(cotangent));
  };
  for (const [index, position] of program.outputs.entries()) {
    const dtype = outputs[index];
    if (dtype !== undefined && isFloat(dtype) && cotangentTypes[index] !== undefined) {
      accumulate(position, builder.input(inputCount + outputs.length + index, dtype));
    }
  }

  let gradient: Scalar | undefined;
  for (let position = program.instructions.length - 1; position >= 0; position--) {
    const instruction = program.instructions[position];
    const cotangent = cotangents.get(position);
    if (instruction === undefined || cotangent === undefined) continue;
    switch (instruction.op) {
      case "input":
        if (instruction.index === withRespectTo) gradient = gradient?.add(cotangent) ?? cotangent;
        break;
      case "constant":
      case "coordinate":
      case "bitcast":
        break;
      case "cast": {
        const source = values[instruction.args[0]];
        if (source !== undefined && isFloat(source.dtype) && isFloat(instruction.dtype)) {
          accumulate(instruction.args[0], cotangent.cast(source.dtype));
        }
        break;
      }
      default: {
        const args = instruction.args.flatMap((argument) => values[argument] ?? []);
        const [a, b = a, c = a] = args;
        const output = values[position];
        const { derivative } = scalarRule(instruction.op);
        if (derivative === undefined || a === undefined || b === undefined || c === undefined || output === undefined) {
          break;
        }
        const parts = derivative({ args: [a, b, c], output, cotangent });
        for (const [argument, part] of parts.entries()) {
          const target = instruction.args[argument];
          if (target !== undefined && part !== undefined) accumulate(target, part);
        }
      }
    }
  }
  return gradient === undefined ? undefined : builder.finish(types, [gradient]);
}
