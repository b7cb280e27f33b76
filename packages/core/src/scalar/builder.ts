// Building scalar programs: a fluent handle on an instruction, with equal instructions shared.
import { bytesPerElement, type DType, isFloat } from "../dtype.ts";
import { DTypeError } from "../errors.ts";
import type { ScalarInstruction, ScalarProgram } from "./program.ts";
import { withoutDeadInstructions } from "./prune.ts";
import { bitcastScalar, castScalar, evaluateScalarOp, type ScalarOp, scalarRule } from "./rules.ts";

/** Collects instructions; asking twice for the same one gives the same position. */
export class ScalarBuilder {
  readonly instructions: ScalarInstruction[] = [];
  readonly #positions = new Map<string, number>();

  emit(instruction: ScalarInstruction): Scalar {
    const key = instructionKey(instruction);
    let position = this.#positions.get(key);
    if (position === undefined) {
      position = this.instructions.push(instruction) - 1;
      this.#positions.set(key, position);
    }
    return new Scalar(this, position, instruction.dtype);
  }

  input(index: number, dtype: DType): Scalar {
    return this.emit({ op: "input", dtype, index });
  }

  constant(value: number, dtype: DType): Scalar {
    return this.emit({ op: "constant", dtype, value: castScalar(dtype, value) });
  }

  coordinate(axis: number): Scalar {
    return this.emit({ op: "coordinate", dtype: "u32", axis });
  }

  apply(op: ScalarOp, args: readonly Scalar[]): Scalar {
    const rule = scalarRule(op);
    const operandType = checkOperands(op, args);
    const dtype: DType = rule.result === "bool" ? "bool" : operandType;
    const constants = args.map((argument) => argument.constantValue);
    if (constants.every((value) => value !== undefined)) {
      const [a = 0, b = 0, c = 0] = constants;
      return this.constant(evaluateScalarOp(op, operandType, dtype, a, b, c), dtype);
    }
    return this.emit({ op, dtype, args: args.map((argument) => argument.position) });
  }

  finish(inputs: readonly DType[], outputs: readonly Scalar[]): ScalarProgram {
    return withoutDeadInstructions({
      inputs,
      instructions: this.instructions,
      outputs: outputs.map((output) => output.position),
    });
  }
}

/** The value of one instruction. Numbers passed where a scalar is expected take this scalar's type. */
export class Scalar {
  readonly builder: ScalarBuilder;
  readonly position: number;
  readonly dtype: DType;

  constructor(builder: ScalarBuilder, position: number, dtype: DType) {
    this.builder = builder;
    this.position = position;
    this.dtype = dtype;
  }

  /** The number, if this is a constant. */
  get constantValue(): number | undefined {
    const instruction = this.builder.instructions[this.position];
    return instruction?.op === "constant" ? instruction.value : undefined;
  }

  /** A constant of this scalar's type. */
  literal(value: number): Scalar {
    return this.builder.constant(value, this.dtype);
  }

  apply(op: ScalarOp, ...others: readonly (Scalar | number)[]): Scalar {
    return this.builder.apply(op, [this, ...others.map((other) => this.lift(other))]);
  }

  lift(other: Scalar | number): Scalar {
    return typeof other === "number" ? this.literal(other) : other;
  }

  cast(dtype: DType): Scalar {
    if (dtype === this.dtype) return this;
    const value = this.constantValue;
    if (value !== undefined) return this.builder.constant(value, dtype);
    const origin = this.#widenedFrom();
    if (origin?.dtype === dtype) return origin;
    return this.builder.emit({ op: "cast", dtype, args: [this.position] });
  }

  /** The float that this one is, in a type with more bits. */
  #widenedFrom(): Scalar | undefined {
    const instruction = this.builder.instructions[this.position];
    if (instruction?.op !== "cast" || !isFloat(instruction.dtype)) return undefined;
    const [position] = instruction.args;
    const source = this.builder.instructions[position]?.dtype;
    if (source === undefined || !isFloat(source)) return undefined;
    if (bytesPerElement(source) >= bytesPerElement(instruction.dtype)) return undefined;
    return new Scalar(this.builder, position, source);
  }

  bitcast(dtype: "f32" | "i32" | "u32"): Scalar {
    if (dtype === this.dtype) return this;
    if (bytesPerElement(this.dtype) !== bytesPerElement(dtype)) {
      throw new DTypeError(`bitcast expects a type of 32 bits, found ${this.dtype}`);
    }
    const value = this.constantValue;
    if (value !== undefined) {
      return this.builder.emit({ op: "constant", dtype, value: bitcastScalar(this.dtype, dtype, value) });
    }
    return this.builder.emit({ op: "bitcast", dtype, args: [this.position] });
  }

  neg(): Scalar {
    return this.apply("neg");
  }
  abs(): Scalar {
    return this.apply("abs");
  }
  exp(): Scalar {
    return this.apply("exp");
  }
  log(): Scalar {
    return this.apply("log");
  }
  sqrt(): Scalar {
    return this.apply("sqrt");
  }
  rsqrt(): Scalar {
    return this.apply("rsqrt");
  }
  tanh(): Scalar {
    return this.apply("tanh");
  }
  sigmoid(): Scalar {
    return this.apply("sigmoid");
  }
  relu(): Scalar {
    return this.apply("relu");
  }
  floor(): Scalar {
    return this.apply("floor");
  }
  sin(): Scalar {
    return this.apply("sin");
  }
  cos(): Scalar {
    return this.apply("cos");
  }
  not(): Scalar {
    return this.apply("not");
  }
  add(other: Scalar | number): Scalar {
    return this.apply("add", other);
  }
  sub(other: Scalar | number): Scalar {
    return this.apply("sub", other);
  }
  mul(other: Scalar | number): Scalar {
    return this.apply("mul", other);
  }
  div(other: Scalar | number): Scalar {
    return this.apply("div", other);
  }
  pow(other: Scalar | number): Scalar {
    return this.apply("pow", other);
  }
  min(other: Scalar | number): Scalar {
    return this.apply("min", other);
  }
  max(other: Scalar | number): Scalar {
    return this.apply("max", other);
  }
  eq(other: Scalar | number): Scalar {
    return this.apply("eq", other);
  }
  ne(other: Scalar | number): Scalar {
    return this.apply("ne", other);
  }
  lt(other: Scalar | number): Scalar {
    return this.apply("lt", other);
  }
  le(other: Scalar | number): Scalar {
    return this.apply("le", other);
  }
  gt(other: Scalar | number): Scalar {
    return this.apply("gt", other);
  }
  ge(other: Scalar | number): Scalar {
    return this.apply("ge", other);
  }
  and(other: Scalar | number): Scalar {
    return this.apply("and", other);
  }
  or(other: Scalar | number): Scalar {
    return this.apply("or", other);
  }
  xor(other: Scalar | number): Scalar {
    return this.apply("xor", other);
  }
  shl(other: Scalar | number): Scalar {
    return this.apply("shl", other);
  }
  shr(other: Scalar | number): Scalar {
    return this.apply("shr", other);
  }

  /** `ifTrue` where this condition holds, else `ifFalse`. A number takes the other branch's type. */
  select(ifTrue: Scalar | number, ifFalse: Scalar | number): Scalar {
    if (typeof ifTrue !== "number") return this.builder.apply("select", [this, ifTrue, ifTrue.lift(ifFalse)]);
    if (typeof ifFalse !== "number") return this.builder.apply("select", [this, ifFalse.lift(ifTrue), ifFalse]);
    throw new DTypeError("select needs at least one branch that is not a bare number, to know the type");
  }
}

/** Builds a program over inputs of the given types. */
export function scalarProgram(
  inputs: readonly DType[],
  body: (inputs: readonly Scalar[], builder: ScalarBuilder) => readonly Scalar[],
): ScalarProgram {
  const builder = new ScalarBuilder();
  const scalars = inputs.map((dtype, index) => builder.input(index, dtype));
  return builder.finish(inputs, body(scalars, builder));
}

/**
 * Rebuilds `program` inside `builder` with its inputs replaced, and returns every instruction's value.
 * Fusion, differentiation and simplification of scalar programs are all this one substitution.
 */
export function inlineScalarProgram(
  program: ScalarProgram,
  builder: ScalarBuilder,
  inputs: (index: number, dtype: DType) => Scalar,
): Scalar[] {
  const values: Scalar[] = [];
  const value = (position: number): Scalar => {
    const found = values[position];
    if (found === undefined) throw new RangeError(`scalar instruction ${position} is read before it is computed`);
    return found;
  };
  for (const instruction of program.instructions) {
    switch (instruction.op) {
      case "input":
        values.push(inputs(instruction.index, instruction.dtype));
        break;
      case "constant":
      case "coordinate":
        values.push(builder.emit(instruction));
        break;
      case "cast":
        values.push(value(instruction.args[0]).cast(instruction.dtype));
        break;
      case "bitcast":
        values.push(builder.emit({ ...instruction, args: [value(instruction.args[0]).position] }));
        break;
      default:
        values.push(builder.apply(instruction.op, instruction.args.map(value)));
    }
  }
  return values;
}

function instructionKey(instruction: ScalarInstruction): string {
  switch (instruction.op) {
    case "input":
      return `input ${instruction.index}`;
    case "constant":
      return `${instruction.dtype} ${Object.is(instruction.value, -0) ? "-0" : instruction.value}`;
    case "coordinate":
      return `coordinate ${instruction.axis}`;
    default:
      return `${instruction.op} ${instruction.dtype} ${instruction.args}`;
  }
}

/** The type the operation works on: that of its last argument, which all but select's condition share. */
function checkOperands(op: ScalarOp, args: readonly Scalar[]): DType {
  const rule = scalarRule(op);
  const operands = op === "select" ? args.slice(1) : args;
  const dtype = operands.at(-1)?.dtype;
  if (dtype === undefined || args.length !== rule.arity) {
    throw new DTypeError(`${op} takes ${rule.arity} operands, found ${args.length}`);
  }
  if (operands.some((operand) => operand.dtype !== dtype)) {
    throw new DTypeError(`${op} expects operands of one type, found ${operands.map((o) => o.dtype).join(" and ")}`, {
      hint: "convert one of them with .cast()",
    });
  }
  const condition = op === "select" ? args[0]?.dtype : "bool";
  if (condition !== "bool") throw new DTypeError(`select expects a bool condition, found ${condition}`);
  const accepted = {
    any: true,
    float: isFloat(dtype),
    number: dtype !== "bool",
    integer: !isFloat(dtype),
    bool: dtype === "bool",
  }[rule.domain];
  if (!accepted) throw new DTypeError(`${op} expects ${rule.domain} operands, found ${dtype}`);
  return dtype;
}
