// WebAssembly code as data: a sequence of bytes that leaves a value of a known type on the stack, or nothing.
import { signedLeb128, unsignedLeb128 } from "./leb128.ts";

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

export interface Code {
  /** What the code leaves on the stack. */
  readonly type: ValueType | "none";
  /** Bytes and pieces of code, in order: flattened once, when the function is finished. */
  readonly parts: readonly (Code | readonly number[])[];
}

const valueTypeBytes = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b } satisfies Record<ValueType, number>;

export function valueTypeByte(type: ValueType): number {
  return valueTypeBytes[type];
}

function lengthOf({ parts }: Code): number {
  let length = 0;
  for (const part of parts) length += "parts" in part ? lengthOf(part) : part.length;
  return length;
}

export function bytesOf(code: Code): Uint8Array {
  const bytes = new Uint8Array(lengthOf(code));
  let end = 0;
  const append = ({ parts }: Code): void => {
    for (const part of parts) {
      if ("parts" in part) append(part);
      else for (const byte of part) bytes[end++] = byte;
    }
  };
  append(code);
  return bytes;
}

/** Code that evaluates the operands in order and then applies an instruction to them. */
export function instruction(
  type: Code["type"],
  opcode: readonly number[],
  operands: readonly Code[],
  immediates: readonly number[] = [],
): Code {
  return { type, parts: [...operands, opcode, immediates] };
}

/** Statements one after the other. */
export function sequence(statements: readonly Code[]): Code {
  return { type: "none", parts: statements };
}

/** A parameter or variable of a function. */
export interface Local {
  readonly type: ValueType;
  readonly index: number;
}

export function get(local: Local): Code {
  return { type: local.type, parts: [[0x20, ...unsignedLeb128(local.index)]] };
}

export function set(local: Local, value: Code): Code {
  return instruction("none", [0x21], [value], unsignedLeb128(local.index));
}

/** local += amount. */
export function increment(local: Local, amount: number): Code {
  return amount === 0
    ? sequence([])
    : set(local, instruction("i32", [0x6a], [get(local), instruction("i32", [0x41], [], signedLeb128(amount | 0))]));
}

const EMPTY_BLOCK = 0x40;

/** A number that is known, or a variable (i32) that holds it. */
export type Count = number | Local;

/** The code for a count. */
export function counted(count: Count): Code {
  return typeof count === "number" ? instruction("i32", [0x41], [], signedLeb128(count | 0)) : get(count);
}

export interface Range {
  readonly start: Count;
  readonly end: Count;
  readonly step: number;
}

/** Runs `body` with `counter` from the start up to the end (exclusive) in equal steps, none of which is left over. */
export function countedLoop(counter: Local, { start, end, step }: Range, body: readonly Code[]): Code {
  const isKnown = typeof start === "number" && typeof end === "number";
  if (isKnown && end <= start) return sequence([]);
  const isBelow = (position: Code): Code => instruction("i32", [0x49], [position, counted(end)]);
  const loop: readonly Code[] = [
    { type: "none", parts: [[0x03, EMPTY_BLOCK]] },
    ...body,
    increment(counter, step),
    instruction("none", [0x0d], [isBelow(get(counter))], [0]),
    { type: "none", parts: [[0x0b]] },
  ];
  return sequence([set(counter, counted(start)), ...(isKnown ? loop : [when(isBelow(get(counter)), loop)])]);
}

/** Runs the statements if the i32 condition is not 0. */
export function when(condition: Code, statements: readonly Code[]): Code {
  return { type: "none", parts: [condition, [0x04, EMPTY_BLOCK], ...statements, [0x0b]] };
}

/** Runs the one or the other, as the i32 condition is not 0 or is. */
export function choose(condition: Code, ifTrue: readonly Code[], ifFalse: readonly Code[]): Code {
  return { type: "none", parts: [condition, [0x04, EMPTY_BLOCK], ...ifTrue, [0x05], ...ifFalse, [0x0b]] };
}
