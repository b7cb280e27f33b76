// Scalar programs as readable text: single-use instructions nest, shared ones get a name.
import { instructionAt, type ScalarProgram, scalarArguments } from "./program.ts";

const infix: Readonly<Record<string, string>> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
  eq: "==",
  ne: "!=",
  lt: "<",
  le: "<=",
  gt: ">",
  ge: ">=",
  and: "&",
  or: "|",
  xor: "^",
  shl: "<<",
  shr: ">>",
};

/** For example `t0 = tanh(a); t0 * b -> f32`; inputs are a, b, c, ... */
export function printScalarProgram(program: ScalarProgram): string {
  const uses = new Map<number, number>();
  for (const position of [...program.instructions.flatMap(scalarArguments), ...program.outputs]) {
    uses.set(position, (uses.get(position) ?? 0) + 1);
  }
  const names = new Map<number, string>();
  const lines: string[] = [];
  const text = (position: number): string => names.get(position) ?? expression(position);
  const expression = (position: number): string => {
    const instruction = instructionAt(program, position);
    switch (instruction.op) {
      case "input":
        return inputName(instruction.index);
      case "constant":
        return instruction.dtype === "u32" ? `${instruction.value}u` : `${instruction.value}`;
      case "coordinate":
        return `i${instruction.axis}`;
      case "cast":
      case "bitcast":
        return `${instruction.op}<${instruction.dtype}>(${text(instruction.args[0])})`;
      default: {
        const symbol = infix[instruction.op];
        const args = instruction.args.map(text);
        return symbol === undefined ? `${instruction.op}(${args.join(", ")})` : `(${args.join(` ${symbol} `)})`;
      }
    }
  };
  for (const [position, instruction] of program.instructions.entries()) {
    if ((uses.get(position) ?? 0) > 1 && "args" in instruction) {
      const name = `t${names.size}`;
      lines.push(`${name} = ${expression(position)}`);
      names.set(position, name);
    }
  }
  return [...lines, program.outputs.map(text).join(", ")].join("; ");
}

export function inputName(index: number): string {
  const letter = String.fromCharCode(97 + (index % 26));
  return index < 26 ? letter : `${letter}${Math.floor(index / 26)}`;
}
