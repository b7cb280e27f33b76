// The meaning of a scalar program: evaluation at one position, rounding after every operation as the hardware would.
import { instructionAt, type ScalarInstruction, type ScalarProgram } from "./program.ts";
import { bitcastScalar, castScalar, evaluateScalarOp } from "./rules.ts";

/**
 * Returns a function from the inputs' elements (by input index) and the position (by axis) to the outputs.
 * The returned array is reused by the next call.
 */
export function scalarEvaluator(
  program: ScalarProgram,
): (inputs: ArrayLike<number>, coordinates: ArrayLike<number>) => readonly number[] {
  const values = new Array<number>(program.instructions.length).fill(0);
  const outputs = new Array<number>(program.outputs.length).fill(0);
  const at = (position: number | undefined): number => (position === undefined ? 0 : (values[position] ?? 0));
  const argumentType = (instruction: ScalarInstruction & { readonly args: readonly number[] }) =>
    instructionAt(program, instruction.args.at(-1) ?? 0).dtype;

  return (inputs, coordinates) => {
    for (const [position, instruction] of program.instructions.entries()) {
      switch (instruction.op) {
        case "input":
          values[position] = inputs[instruction.index] ?? 0;
          break;
        case "constant":
          values[position] = instruction.value;
          break;
        case "coordinate":
          values[position] = coordinates[instruction.axis] ?? 0;
          break;
        case "cast":
          values[position] = castScalar(instruction.dtype, at(instruction.args[0]));
          break;
        case "bitcast":
          values[position] = bitcastScalar(argumentType(instruction), instruction.dtype, at(instruction.args[0]));
          break;
        default: {
          const [a, b, c] = instruction.args;
          values[position] = evaluateScalarOp(
            instruction.op,
            argumentType(instruction),
            instruction.dtype,
            at(a),
            at(b),
            at(c),
          );
        }
      }
    }
    for (const [index, position] of program.outputs.entries()) outputs[index] = at(position);
    return outputs;
  };
}
