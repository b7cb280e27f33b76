// Powers whose exponent is a constant multiple of a quarter, as square roots and products: pow(x, -0.75) is what local response
// normalization spends its time on.
import { instructionAt, type Scalar, ScalarBuilder, type ScalarInstruction, type ScalarProgram } from "@tandem/core";

/** Beyond it, rounding adds up. */
const LARGEST_EXPONENT = 4;

export function withoutConstantPowers(program: ScalarProgram): ScalarProgram {
  if (program.instructions.every(({ op }) => op !== "pow")) return program;
  const builder = new ScalarBuilder();
  const values: Scalar[] = [];
  const value = (position: number): Scalar => {
    const found = values[position];
    if (found === undefined) throw new RangeError(`scalar instruction ${position} is read before it is computed`);
    return found;
  };
  const rebuilt = (instruction: ScalarInstruction): Scalar => {
    switch (instruction.op) {
      case "input":
      case "constant":
      case "coordinate":
        return builder.emit(instruction);
      case "cast":
        return value(instruction.args[0]).cast(instruction.dtype);
      case "bitcast":
        return builder.emit({ ...instruction, args: [value(instruction.args[0]).position] });
      case "pow": {
        const [base, exponent] = instruction.args.map(value);
        if (base === undefined || exponent === undefined) throw new RangeError("pow takes two operands");
        const constant = exponent.constantValue;
        return (constant === undefined ? undefined : power(base, constant)) ?? base.pow(exponent);
      }
      default:
        return builder.apply(instruction.op, instruction.args.map(value));
    }
  };
  for (const position of program.instructions.keys()) values.push(rebuilt(instructionAt(program, position)));
  return builder.finish(program.inputs, program.outputs.map(value));
}

function power(base: Scalar, exponent: number): Scalar | undefined {
  const quarters = Math.abs(exponent) * 4;
  if (!Number.isInteger(quarters) || Math.abs(exponent) > LARGEST_EXPONENT) return undefined;
  const root = base.sqrt();
  const factors = [
    ...Array<Scalar>(Math.floor(quarters / 4)).fill(base),
    ...(quarters % 4 >= 2 ? [root] : []),
    ...(quarters % 2 === 1 ? [root.sqrt()] : []),
  ];
  const product = factors.reduce<Scalar | undefined>((so, factor) => so?.mul(factor) ?? factor, undefined);
  if (product === undefined) return base.literal(1);
  return exponent < 0 ? product.literal(1).div(product) : product;
}
