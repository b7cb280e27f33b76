// Scalar programs as WGSL. Values of bool are `bool` in between, and u32 in storage.
import {
  type DType,
  instructionAt,
  outputTypes,
  type ScalarInstruction,
  type ScalarOp,
  type ScalarProgram,
} from "@tandem/core";
import { type ScalarFunction, scalarFunctionDefinitions } from "./scalar-functions.ts";
import type { StorageElement } from "./storage.ts";

/** What elements of a type are in storage; f64 has no place in it. */
export function storageElement(dtype: DType): "f32" | "i32" | "u32" | "f16" {
  switch (dtype) {
    case "f32":
    case "i32":
    case "u32":
    case "f16":
      return dtype;
    case "bool":
      return "u32";
    case "f64":
      throw new TypeError("WGSL has no f64");
  }
}

/** Four neighbours of a type in storage. */
export function storageVector(dtype: DType): StorageElement {
  const vectors = { f32: "vec4f", i32: "vec4i", u32: "vec4u", f16: "vec4h" } as const;
  return vectors[storageElement(dtype)];
}

export function usesF16({ inputs, instructions }: ScalarProgram): boolean {
  return [...inputs, ...instructions.map(({ dtype }) => dtype)].includes("f16");
}

export interface ScalarOperands {
  /** Expressions of the inputs as they are in storage: bool is u32. */
  readonly inputs: readonly string[];
  /** u32 expressions by axis; none where the program reads no coordinates. */
  readonly coordinates: readonly string[];
  /** What the names of the variables start with. */
  readonly prefix: string;
}

export interface ScalarCode {
  /** To stand inside a function, of a module that has `scalarFunctions`. */
  readonly statements: string;
  /** Expressions of the outputs as they are in storage. */
  readonly outputs: readonly string[];
}

/** A variable for each instruction. */
export function scalarStatements(program: ScalarProgram, { inputs, coordinates, prefix }: ScalarOperands): ScalarCode {
  const name = (position: number): string => `${prefix}${position}`;
  const lines = program.instructions.map((instruction, position) => {
    const type = instruction.dtype === "bool" ? "bool" : storageElement(instruction.dtype);
    const value = expressionOf(program, instruction, { inputs, coordinates, name }).wgsl;
    return `  let ${name(position)}: ${type} = ${value};`;
  });
  const types = outputTypes(program);
  const outputs = program.outputs.map((position, index) =>
    types[index] === "bool" ? `select(0u, 1u, ${name(position)})` : name(position),
  );
  return { statements: lines.join("\n"), outputs };
}

/** The functions that the statements of these programs call, for the module. */
export function scalarFunctions(...programs: readonly ScalarProgram[]): string {
  const none = { inputs: [], coordinates: [], name: () => "" };
  const called = programs.flatMap((program) =>
    program.instructions.flatMap((instruction) => expressionOf(program, instruction, none).calls),
  );
  return scalarFunctionDefinitions(called);
}

interface Expression {
  readonly wgsl: string;
  readonly calls: readonly ScalarFunction[];
}

interface Names {
  readonly inputs: readonly string[];
  readonly coordinates: readonly string[];
  readonly name: (position: number) => string;
}

function plain(wgsl: string): Expression {
  return { wgsl, calls: [] };
}

/** A call of a function of f32, on other floats too: they are f32 in between. */
function call(name: ScalarFunction, dtype: DType, args: readonly string[]): Expression {
  return dtype === "f16"
    ? { wgsl: `f16(${name}(${args.map((each) => `f32(${each})`).join(", ")}))`, calls: [name] }
    : { wgsl: `${name}(${args.join(", ")})`, calls: [name] };
}

function expressionOf(program: ScalarProgram, instruction: ScalarInstruction, names: Names): Expression {
  const { dtype } = instruction;
  switch (instruction.op) {
    case "input": {
      const stored = names.inputs[instruction.index] ?? "";
      return plain(dtype === "bool" ? `(${stored}) != 0u` : stored);
    }
    case "constant":
      return constant(dtype, instruction.value);
    case "coordinate":
      return plain(names.coordinates[instruction.axis] ?? "");
    case "cast":
    case "bitcast": {
      const [position] = instruction.args;
      const from = instructionAt(program, position).dtype;
      return (instruction.op === "cast" ? cast : bitcast)(from, dtype, names.name(position));
    }
    default: {
      const last = instructionAt(program, instruction.args.at(-1) ?? 0).dtype;
      const constants = instruction.args.map((position) => {
        const argument = instructionAt(program, position);
        return argument.op === "constant" ? argument.value : undefined;
      });
      return operation(instruction.op, last, instruction.args.map(names.name), constants);
    }
  }
}

/** A constant, exactly. */
function constant(dtype: DType, value: number): Expression {
  switch (dtype) {
    case "bool":
      return plain(value === 0 ? "false" : "true");
    case "i32":
      return plain(`i32(${value | 0})`);
    case "u32":
      return plain(`${value >>> 0}u`);
    case "f32":
      return float(value);
    case "f16": {
      const { wgsl, calls } = float(value);
      return { wgsl: `f16(${wgsl})`, calls };
    }
    case "f64":
      throw new TypeError("WGSL has no f64");
  }
}

const SMALLEST_NORMAL = 2 ** -126;
const LARGEST_F16 = 65504;

/** In digits where they say it, else by its bits. */
function float(value: number): Expression {
  const single = Math.fround(value);
  const magnitude = Math.abs(single);
  if (Object.is(single, 0)) return plain("0.0f");
  if (magnitude >= SMALLEST_NORMAL && magnitude <= LARGEST_F16) return plain(`${single}f`);
  const [bits = 0] = new Uint32Array(Float32Array.of(single).buffer);
  return { wgsl: `f32FromBits(0x${bits.toString(16).padStart(8, "0")}u)`, calls: ["f32FromBits"] };
}

function cast(from: DType, to: DType, value: string): Expression {
  if (from === to) return plain(value);
  switch (to) {
    case "bool":
      return plain(`!(${value} == ${storageElement(from)}(0))`);
    case "f32":
      return plain(`f32(${value})`);
    case "f16":
      return plain(`f16(${value})`);
    case "i32":
    case "u32":
      if (from === "f32" || from === "f16") {
        return {
          wgsl: to === "u32" ? `wordOf(f32(${value}))` : `bitcast<i32>(wordOf(f32(${value})))`,
          calls: ["wordOf"],
        };
      }
      return plain(`${to}(${value})`);
    case "f64":
      throw new TypeError("WGSL has no f64");
  }
}

function bitcast(from: DType, to: DType, value: string): Expression {
  const bits = from === "bool" ? `u32(${value})` : value;
  return plain(to === "bool" ? `bitcast<u32>(${bits}) != 0u` : `bitcast<${storageElement(to)}>(${bits})`);
}

/** What WGSL can do with bool is less than with numbers. */
function asNumber(dtype: DType, value: string): string {
  return dtype === "bool" ? `u32(${value})` : value;
}

const symbols = { add: "+", sub: "-", mul: "*", and: "&", or: "|", lt: "<", le: "<=", gt: ">", ge: ">=" } as const;
const functions = {
  exp: "exponential",
  log: "logarithm",
  tanh: "hyperbolicTangent",
  sigmoid: "sigmoid",
  sin: "sine",
  cos: "cosine",
} as const;

/** `dtype` is that of the last argument; `constants` holds the arguments that are constant. */
function operation(
  op: ScalarOp,
  dtype: DType,
  args: readonly string[],
  constants: readonly (number | undefined)[],
): Expression {
  const [a = "", b = "", c = ""] = args;
  const isFloat = dtype === "f32" || dtype === "f16";
  switch (op) {
    case "neg":
      return plain(dtype === "u32" ? `0u - ${a}` : `-${a}`);
    case "abs":
      return plain(`abs(${a})`);
    case "exp":
    case "log":
    case "tanh":
    case "sigmoid":
    case "sin":
    case "cos":
      return call(functions[op], dtype, [a]);
    case "sqrt":
      return plain(dtype === "f16" ? `f16(sqrt(f32(${a})))` : `sqrt(${a})`);
    case "rsqrt":
      return plain(dtype === "f16" ? `f16(1.0f / sqrt(f32(${a})))` : `1.0f / sqrt(${a})`);
    case "relu":
      return isFloat ? call("rectified", dtype, [a]) : plain(`max(${a}, ${storageElement(dtype)}(0))`);
    case "floor":
      return plain(`floor(${a})`);
    case "add":
    case "sub":
    case "mul":
      return plain(`${a} ${symbols[op]} ${b}`);
    case "and":
    case "or":
      return plain(`${a} ${symbols[op]} ${b}`);
    case "xor":
      return plain(dtype === "bool" ? `${a} != ${b}` : `${a} ^ ${b}`);
    case "div":
      if (isFloat) return plain(`${a} / ${b}`);
      return call(dtype === "i32" ? "quotientI32" : "quotientU32", dtype, [a, b]);
    case "pow":
      return power(dtype, a, b, constants[1]);
    case "min":
      return isFloat ? call("smallerOf", dtype, [a, b]) : plain(`min(${a}, ${b})`);
    case "max":
      return isFloat ? call("largerOf", dtype, [a, b]) : plain(`max(${a}, ${b})`);
    case "eq":
      return plain(`${a} == ${b}`);
    case "ne":
      return plain(`!(${a} == ${b})`);
    case "lt":
    case "le":
    case "gt":
    case "ge":
      return plain(`${asNumber(dtype, a)} ${symbols[op]} ${asNumber(dtype, b)}`);
    case "shl":
    case "shr": {
      const shifted = `${asNumber(dtype, a)} ${op === "shl" ? "<<" : ">>"} (u32(${b}) & 31u)`;
      return plain(dtype === "bool" ? `(${shifted}) != 0u` : shifted);
    }
    case "not":
      return plain(`!${a}`);
    case "select":
      return plain(`select(${c}, ${b}, ${a})`);
  }
}

/** Beyond it, rounding adds up. */
const LARGEST_PRODUCT = 4;

/** Multiples of a quarter are products of the base and of its roots; what is left goes through logarithms. */
function power(dtype: DType, base: string, exponent: string, constantExponent: number | undefined): Expression {
  const quarters = Math.abs(constantExponent ?? Number.NaN) * 4;
  if (!Number.isInteger(quarters) || quarters > LARGEST_PRODUCT * 4) return call("power", dtype, [base, exponent]);
  const x = dtype === "f16" ? `f32(${base})` : base;
  const factors = [
    ...Array<string>(Math.floor(quarters / 4)).fill(x),
    ...(quarters % 4 >= 2 ? [`sqrt(${x})`] : []),
    ...(quarters % 2 === 1 ? [`sqrt(sqrt(${x}))`] : []),
  ];
  const product = factors.length === 0 ? "1.0f" : factors.join(" * ");
  const result = (constantExponent ?? 0) < 0 ? `1.0f / (${product})` : product;
  return plain(dtype === "f16" ? `f16(${result})` : result);
}
