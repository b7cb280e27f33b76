// The WebAssembly instructions that kernels are made of, by their names in the specification.
import { type Code, instruction, type ValueType } from "./code.ts";
import { signedLeb128, unsignedLeb128 } from "./leb128.ts";

type Unary = (a: Code) => Code;
type Binary = (a: Code, b: Code) => Code;
type Load = (address: Code, offset?: number) => Code;
type Store = (address: Code, value: Code, offset?: number) => Code;
type Const = (value: number) => Code;
type Extract = (a: Code, lane: number) => Code;
type Replace = (a: Code, lane: number, value: Code) => Code;
type Instructions<U extends string, B extends string> = Readonly<Record<U, Unary> & Record<B, Binary>>;
interface Memory {
  readonly const: Const;
  readonly load: Load;
  readonly store: Store;
}
interface LaneAccess {
  readonly extract_lane: Extract;
  readonly replace_lane: Replace;
}

const simd = (opcode: number): number[] => [0xfd, ...unsignedLeb128(opcode)];
const unary =
  (type: ValueType, opcode: readonly number[]): Unary =>
  (a) =>
    instruction(type, opcode, [a]);
const binary =
  (type: ValueType, opcode: readonly number[]): Binary =>
  (a, b) =>
    instruction(type, opcode, [a, b]);

/** Elements are aligned to their own four bytes and to nothing more. */
const ALIGNMENT = 2;
const load =
  (type: ValueType, opcode: readonly number[]): Load =>
  (address, offset = 0) =>
    instruction(type, opcode, [address], [ALIGNMENT, ...unsignedLeb128(offset)]);
const store =
  (opcode: readonly number[]): Store =>
  (address, value, offset = 0) =>
    instruction("none", opcode, [address, value], [ALIGNMENT, ...unsignedLeb128(offset)]);

function littleEndian(values: Float32Array | Int32Array): number[] {
  return [...new Uint8Array(values.buffer)];
}

/** `condition` (i32) not 0: `ifTrue`, else `ifFalse`; both are evaluated. */
export function select(condition: Code, ifTrue: Code, ifFalse: Code): Code {
  return instruction(ifTrue.type, ifTrue.type === "v128" ? [0x1c, 0x01, 0x7b] : [0x1b], [ifTrue, ifFalse, condition]);
}

/** Sets `bytes` bytes to 0. */
export function memoryFill(address: Code, bytes: number): Code {
  return instruction("none", [0xfc, 0x0b], [address, i32.const(0), i32.const(bytes)], [0x00]);
}

/** Calls imported function `index`. */
export function call(index: number, type: ValueType, operands: readonly Code[]): Code {
  return instruction(type, [0x10], operands, unsignedLeb128(index));
}

export const i32: Instructions<
  "eqz" | "wrap_i64" | "reinterpret_f32",
  | "eq"
  | "ne"
  | "lt_s"
  | "lt_u"
  | "gt_s"
  | "gt_u"
  | "le_s"
  | "le_u"
  | "ge_s"
  | "ge_u"
  | "add"
  | "sub"
  | "mul"
  | "div_s"
  | "div_u"
  | "rem_u"
  | "and"
  | "or"
  | "xor"
  | "shl"
  | "shr_s"
  | "shr_u"
> &
  Memory = {
  const: (value) => instruction("i32", [0x41], [], signedLeb128(value | 0)),
  load: load("i32", [0x28]),
  store: store([0x36]),
  eqz: unary("i32", [0x45]),
  eq: binary("i32", [0x46]),
  ne: binary("i32", [0x47]),
  lt_s: binary("i32", [0x48]),
  lt_u: binary("i32", [0x49]),
  gt_s: binary("i32", [0x4a]),
  gt_u: binary("i32", [0x4b]),
  le_s: binary("i32", [0x4c]),
  le_u: binary("i32", [0x4d]),
  ge_s: binary("i32", [0x4e]),
  ge_u: binary("i32", [0x4f]),
  add: binary("i32", [0x6a]),
  sub: binary("i32", [0x6b]),
  mul: binary("i32", [0x6c]),
  div_s: binary("i32", [0x6d]),
  div_u: binary("i32", [0x6e]),
  rem_u: binary("i32", [0x70]),
  and: binary("i32", [0x71]),
  or: binary("i32", [0x72]),
  xor: binary("i32", [0x73]),
  shl: binary("i32", [0x74]),
  shr_s: binary("i32", [0x75]),
  shr_u: binary("i32", [0x76]),
  wrap_i64: unary("i32", [0xa7]),
  reinterpret_f32: unary("i32", [0xbc]),
};

export const i64: Instructions<"trunc_sat_f32_s", never> = {
  /** NaN becomes 0, what does not fit the nearest limit. */
  trunc_sat_f32_s: unary("i64", [0xfc, 0x04]),
};

export const f32: Instructions<
  "abs" | "neg" | "floor" | "sqrt" | "convert_i32_s" | "convert_i32_u" | "demote_f64" | "reinterpret_i32",
  "eq" | "ne" | "lt" | "gt" | "le" | "ge" | "add" | "sub" | "mul" | "div" | "min" | "max"
> &
  Memory = {
  const: (value) => instruction("f32", [0x43], [], littleEndian(Float32Array.of(value))),
  load: load("f32", [0x2a]),
  store: store([0x38]),
  eq: binary("i32", [0x5b]),
  ne: binary("i32", [0x5c]),
  lt: binary("i32", [0x5d]),
  gt: binary("i32", [0x5e]),
  le: binary("i32", [0x5f]),
  ge: binary("i32", [0x60]),
  abs: unary("f32", [0x8b]),
  neg: unary("f32", [0x8c]),
  floor: unary("f32", [0x8e]),
  sqrt: unary("f32", [0x91]),
  add: binary("f32", [0x92]),
  sub: binary("f32", [0x93]),
  mul: binary("f32", [0x94]),
  div: binary("f32", [0x95]),
  min: binary("f32", [0x96]),
  max: binary("f32", [0x97]),
  convert_i32_s: unary("f32", [0xb2]),
  convert_i32_u: unary("f32", [0xb3]),
  demote_f64: unary("f32", [0xb6]),
  reinterpret_i32: unary("f32", [0xbe]),
};

export const f64: Instructions<"promote_f32", never> = {
  promote_f32: unary("f64", [0xbb]),
};

const VECTOR_CONST: readonly number[] = simd(0x0c);

export const v128: Instructions<"not", "and" | "andnot" | "or" | "xor"> & {
  readonly load: Load;
  readonly load32_splat: Load;
  readonly store: Store;
  /** Four 32-bit words. */
  readonly const: (lanes: readonly number[]) => Code;
  /** 1 (i32) if any bit is set. */
  readonly any_true: (a: Code) => Code;
  /** Bits of `a` where `mask` is set, else of `b`. */
  readonly bitselect: (a: Code, b: Code, mask: Code) => Code;
  /** 32-bit lanes of `a` (0 to 3) and `b` (4 to 7). */
  readonly shuffle: (a: Code, b: Code, lanes: readonly [number, number, number, number]) => Code;
} = {
  load: load("v128", simd(0x00)),
  load32_splat: load("v128", simd(0x09)),
  store: store(simd(0x0b)),
  const: (lanes) => instruction("v128", VECTOR_CONST, [], littleEndian(Int32Array.from(lanes, (lane) => lane | 0))),
  not: unary("v128", simd(0x4d)),
  and: binary("v128", simd(0x4e)),
  /** a & ~b. */
  andnot: binary("v128", simd(0x4f)),
  or: binary("v128", simd(0x50)),
  xor: binary("v128", simd(0x51)),
  any_true: unary("i32", simd(0x53)),
  bitselect: (a, b, mask) => instruction("v128", simd(0x52), [a, b, mask]),
  shuffle: (a, b, lanes) =>
    instruction(
      "v128",
      simd(0x0d),
      [a, b],
      lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte)),
    ),
};

/** The four words of a v128.const, if that is what the code is. */
export function constantWords({ parts: [opcode, bytes] }: Code): Int32Array | undefined {
  if (opcode !== VECTOR_CONST || bytes === undefined || "parts" in bytes) return undefined;
  return new Int32Array(Uint8Array.from(bytes).buffer);
}

export const i32x4: Instructions<
  "splat" | "abs" | "neg",
  | "eq"
  | "ne"
  | "lt_s"
  | "lt_u"
  | "gt_s"
  | "gt_u"
  | "le_s"
  | "le_u"
  | "ge_s"
  | "ge_u"
  | "shl"
  | "shr_s"
  | "shr_u"
  | "add"
  | "sub"
  | "mul"
  | "min_s"
  | "min_u"
  | "max_s"
  | "max_u"
> &
  LaneAccess = {
  splat: unary("v128", simd(0x11)),
  extract_lane: (a, lane) => instruction("i32", simd(0x1b), [a], [lane]),
  replace_lane: (a, lane, value) => instruction("v128", simd(0x1c), [a, value], [lane]),
  eq: binary("v128", simd(0x37)),
  ne: binary("v128", simd(0x38)),
  lt_s: binary("v128", simd(0x39)),
  lt_u: binary("v128", simd(0x3a)),
  gt_s: binary("v128", simd(0x3b)),
  gt_u: binary("v128", simd(0x3c)),
  le_s: binary("v128", simd(0x3d)),
  le_u: binary("v128", simd(0x3e)),
  ge_s: binary("v128", simd(0x3f)),
  ge_u: binary("v128", simd(0x40)),
  abs: unary("v128", simd(0xa0)),
  neg: unary("v128", simd(0xa1)),
  /** The distance is one i32 for all lanes. */
  shl: binary("v128", simd(0xab)),
  shr_s: binary("v128", simd(0xac)),
  shr_u: binary("v128", simd(0xad)),
  add: binary("v128", simd(0xae)),
  sub: binary("v128", simd(0xb1)),
  mul: binary("v128", simd(0xb5)),
  min_s: binary("v128", simd(0xb6)),
  min_u: binary("v128", simd(0xb7)),
  max_s: binary("v128", simd(0xb8)),
  max_u: binary("v128", simd(0xb9)),
};

export const f32x4: Instructions<
  "splat" | "floor" | "abs" | "neg" | "sqrt" | "convert_i32x4_s" | "convert_i32x4_u",
  "eq" | "ne" | "lt" | "gt" | "le" | "ge" | "add" | "sub" | "mul" | "div" | "min" | "max" | "pmin" | "pmax"
> &
  LaneAccess = {
  splat: unary("v128", simd(0x13)),
  extract_lane: (a, lane) => instruction("f32", simd(0x1f), [a], [lane]),
  replace_lane: (a, lane, value) => instruction("v128", simd(0x20), [a, value], [lane]),
  eq: binary("v128", simd(0x41)),
  ne: binary("v128", simd(0x42)),
  lt: binary("v128", simd(0x43)),
  gt: binary("v128", simd(0x44)),
  le: binary("v128", simd(0x45)),
  ge: binary("v128", simd(0x46)),
  floor: unary("v128", simd(0x68)),
  abs: unary("v128", simd(0xe0)),
  neg: unary("v128", simd(0xe1)),
  sqrt: unary("v128", simd(0xe3)),
  add: binary("v128", simd(0xe4)),
  sub: binary("v128", simd(0xe5)),
  mul: binary("v128", simd(0xe6)),
  div: binary("v128", simd(0xe7)),
  min: binary("v128", simd(0xe8)),
  max: binary("v128", simd(0xe9)),
  /** b < a ? b : a, and a < b ? b : a. */
  pmin: binary("v128", simd(0xea)),
  pmax: binary("v128", simd(0xeb)),
  convert_i32x4_s: unary("v128", simd(0xfa)),
  convert_i32x4_u: unary("v128", simd(0xfb)),
};
