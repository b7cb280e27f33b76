// A WebAssembly module of one function over an imported memory: its parameters, variables and code, and the bytes of the module.
import { bytesOf, type Code, type Local, sequence, type ValueType, valueTypeByte } from "./code.ts";
import { unsignedLeb128 } from "./leb128.ts";

/** Functions of JavaScript's Math that code may call, from f64 to f64; the number of operands of each. */
const mathImports = { sin: 1, cos: 1, pow: 2 } as const;
export type MathImport = keyof typeof mathImports;
const mathNames = Object.keys(mathImports) as MathImport[];

/** The index that `call` takes for a function of Math. */
export function mathIndex(name: MathImport): number {
  return mathNames.indexOf(name);
}

/** What a module has to be instantiated with. The memory is a WebAssembly.Memory, shared or not as the module was made for. */
export function moduleImports(memory: object): Record<"environment" | "math", object> {
  return { environment: { memory }, math: Math };
}

/** Hands out the parameters and variables of one function. All parameters are i32: the tile, then addresses. */
export class Locals {
  readonly tile: Local = { type: "i32", index: 0 };
  readonly addresses: readonly Local[];
  readonly variables: Local[] = [];

  constructor(addressCount: number) {
    this.addresses = Array.from({ length: addressCount }, (_, index) => ({ type: "i32", index: index + 1 }));
  }

  get parameterCount(): number {
    return this.addresses.length + 1;
  }

  variable(type: ValueType): Local {
    const local: Local = { type, index: this.parameterCount + this.variables.length };
    this.variables.push(local);
    return local;
  }
}

/** Most pages that a memory can have. */
const PAGES = 65536;
const unsharedLimits = [0x00, 1];
const sharedLimits = [0x03, 1, ...unsignedLeb128(PAGES)];

/** The binary module whose export `run` executes the statements; it imports `environment.memory` and functions of Math. */
export function moduleBytes(
  locals: Locals,
  statements: readonly Code[],
  { sharedMemory }: { readonly sharedMemory: boolean },
): Uint8Array<ArrayBuffer> {
  const numbers = (count: number, type: ValueType): number[] => [count, ...Array(count).fill(valueTypeByte(type))];
  const functionType = (parameters: number[], results: number[]): number[] => [0x60, ...parameters, ...results];
  const unaryType = functionType(numbers(1, "f64"), numbers(1, "f64"));
  const binaryType = functionType(numbers(2, "f64"), numbers(1, "f64"));
  const runType = functionType(numbers(locals.parameterCount, "i32"), [0]);
  const memoryImport = [
    ...text("environment"),
    ...text("memory"),
    0x02,
    ...(sharedMemory ? sharedLimits : unsharedLimits),
  ];
  const importOf = (name: MathImport): number[] => [
    ...text("math"),
    ...text(name),
    0x00,
    mathImports[name] === 1 ? 0 : 1,
  ];
  const declarations = vector(locals.variables.map(({ type }) => [1, valueTypeByte(type)]));
  const code = bytesOf(sequence(statements));
  const functionLength = unsignedLeb128(declarations.length + code.length + END.length);
  const codeLength = unsignedLeb128(1 + functionLength.length + declarations.length + code.length + END.length);
  const before = [
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([unaryType, binaryType, runType])),
    ...section(2, vector([memoryImport, ...mathNames.map(importOf)])),
    ...section(3, vector([[2]])),
    ...section(7, vector([[...text("run"), 0x00, ...unsignedLeb128(mathNames.length)]])),
    ...[10, ...codeLength, 1, ...functionLength, ...declarations],
  ];
  const module = new Uint8Array(before.length + code.length + END.length);
  module.set(before);
  module.set(code, before.length);
  module.set(END, before.length + code.length);
  return module;
}

const END = [0x0b];

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsignedLeb128(items.length), ...items.flat()];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsignedLeb128(content.length), ...content];
}

function text(name: string): number[] {
  const bytes = [...name].map((character) => character.charCodeAt(0));
  return [...unsignedLeb128(bytes.length), ...bytes];
}
