// SIMD code: four elements at once; bool as a mask of all bits. What SIMD lacks is computed lane by lane by scalar code.
import type { ScalarOp } from "@tandem/core";
import type { Code } from "../encoding/code.ts";
import { constantWords, f32x4, i32, i32x4, v128 } from "../encoding/instructions.ts";
import type { Lanes, LaneType } from "./lanes.ts";
import { oneLane } from "./one-lane.ts";

type Emit = (a: Code, b: Code, c: Code) => Code;
type EmitTable = Readonly<Partial<Record<ScalarOp, Emit>>>;

const laneIndices = [0, 1, 2, 3] as const;
const zeros = v128.const([0, 0, 0, 0]);
const ones = v128.const([1, 1, 1, 1]);
const floatOnes = v128.const(laneIndices.map(() => 0x3f800000));

const select: Emit = (condition, a, b) => {
  if (isZero(a)) return v128.andnot(b, condition);
  return isZero(b) ? v128.and(a, condition) : v128.bitselect(a, b, condition);
};

const floatCode: EmitTable = {
  neg: f32x4.neg,
  abs: f32x4.abs,
  sqrt: f32x4.sqrt,
  rsqrt: (a) => f32x4.div(floatOnes, f32x4.sqrt(a)),
  relu: (a) => v128.andnot(a, f32x4.le(a, zeros)),
  floor: f32x4.floor,
  add: f32x4.add,
  sub: f32x4.sub,
  mul: f32x4.mul,
  div: f32x4.div,
  min: f32x4.min,
  max: f32x4.max,
  eq: f32x4.eq,
  ne: f32x4.ne,
  lt: f32x4.lt,
  le: f32x4.le,
  gt: f32x4.gt,
  ge: f32x4.ge,
  select,
};

const integerCode: EmitTable = {
  neg: i32x4.neg,
  add: i32x4.add,
  sub: i32x4.sub,
  mul: i32x4.mul,
  eq: i32x4.eq,
  ne: i32x4.ne,
  and: v128.and,
  or: v128.or,
  xor: v128.xor,
  select,
};

const signedCode: EmitTable = {
  ...integerCode,
  abs: i32x4.abs,
  relu: (a) => i32x4.max_s(a, zeros),
  min: i32x4.min_s,
  max: i32x4.max_s,
  lt: i32x4.lt_s,
  le: i32x4.le_s,
  gt: i32x4.gt_s,
  ge: i32x4.ge_s,
};

const unsignedCode: EmitTable = {
  ...integerCode,
  abs: (a) => a,
  relu: (a) => a,
  min: i32x4.min_u,
  max: i32x4.max_u,
  lt: i32x4.lt_u,
  le: i32x4.le_u,
  gt: i32x4.gt_u,
  ge: i32x4.ge_u,
};

/** On masks: true is all bits, the largest unsigned number, so that the unsigned comparisons order false before true. */
const boolCode: EmitTable = { ...unsignedCode, not: v128.not };

const codeOf = { f32: floatCode, i32: signedCode, u32: unsignedCode, bool: boolCode } satisfies Record<
  LaneType,
  EmitTable
>;

const comparisons: ReadonlySet<ScalarOp> = new Set(["eq", "ne", "lt", "le", "gt", "ge"]);

/** One lane of four, as scalar code has it. */
export function extractLane(dtype: LaneType, value: Code, lane: number): Code {
  if (dtype === "f32") return f32x4.extract_lane(value, lane);
  const word = i32x4.extract_lane(value, lane);
  return dtype === "bool" ? i32.and(word, i32.const(1)) : word;
}

/** Four scalar results as one value. */
function gatherLanes(dtype: LaneType, resultOf: (lane: number) => Code): Code {
  return laneIndices.reduce((lanes, lane) => {
    const result = resultOf(lane);
    if (dtype === "f32") return f32x4.replace_lane(lanes, lane, result);
    return i32x4.replace_lane(lanes, lane, dtype === "bool" ? i32.sub(i32.const(0), result) : result);
  }, zeros);
}

/** The distance of a shift if it is the same in all lanes, because it is a constant. */
function commonShift(distance: Code): Code | undefined {
  const first = constantWords(distance)?.[0];
  return first === undefined ? undefined : i32.const(first);
}

function isZero(code: Code): boolean {
  return constantWords(code)?.every((word) => word === 0) ?? false;
}

export const fourLanes: Lanes = {
  width: 4,
  variableType: () => "v128",
  constant(dtype, value) {
    if (dtype === "bool") return value === 0 ? zeros : v128.not(zeros);
    const word = dtype === "f32" ? new Int32Array(Float32Array.of(value).buffer)[0] : value;
    return v128.const(laneIndices.map(() => word ?? 0));
  },
  coordinate(first, isInnermost) {
    const splat = i32x4.splat(first);
    return isInnermost ? i32x4.add(splat, v128.const(laneIndices)) : splat;
  },
  load(dtype, address, byteOffset = 0) {
    const words = v128.load(address, byteOffset);
    return dtype === "bool" ? i32x4.ne(words, zeros) : words;
  },
  loadSplat(dtype, address) {
    const words = v128.load32_splat(address);
    return dtype === "bool" ? i32x4.ne(words, zeros) : words;
  },
  store: (dtype, address, value, byteOffset = 0) =>
    v128.store(address, dtype === "bool" ? v128.and(value, ones) : value, byteOffset),
  apply(op, dtype, operands) {
    const [a = zeros, b = zeros, c = zeros] = operands;
    const shift = op === "shl" || op === "shr" ? commonShift(b) : undefined;
    if (shift !== undefined && dtype !== "bool") {
      if (op === "shl") return i32x4.shl(a, shift);
      return dtype === "i32" ? i32x4.shr_s(a, shift) : i32x4.shr_u(a, shift);
    }
    const emit = codeOf[dtype][op];
    if (emit !== undefined) return emit(a, b, c);
    return gatherLanes(comparisons.has(op) ? "bool" : dtype, (lane) =>
      oneLane.apply(
        op,
        dtype,
        operands.map((operand) => extractLane(dtype, operand, lane)),
      ),
    );
  },
  bounded: (kind, x, bound) => (kind === "lower" ? f32x4.pmax(x, bound) : f32x4.pmin(x, bound)),
  cast(from, to, value) {
    if (from === to) return value;
    if (to === "bool") return from === "f32" ? f32x4.ne(value, zeros) : i32x4.ne(value, zeros);
    if (from === "bool") return v128.and(value, to === "f32" ? floatOnes : ones);
    if (to === "f32") return from === "i32" ? f32x4.convert_i32x4_s(value) : f32x4.convert_i32x4_u(value);
    if (from !== "f32") return value;
    return gatherLanes(to, (lane) => oneLane.cast(from, to, extractLane(from, value, lane)));
  },
  bitcast: (_from, _to, value) => value,
};
