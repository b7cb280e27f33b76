// Scalar code: f32 in f32, integers in i32, bool as 0 or 1. It defines what four lanes at once have to compute too.
import type { ScalarOp } from "@tandem/core";
import type { Code } from "../encoding/code.ts";
import { call, f32, f64, i32, i64, select } from "../encoding/instructions.ts";
import { type MathImport, mathIndex } from "../encoding/module.ts";
import type { Lanes, LaneType } from "./lanes.ts";

type Emit = (a: Code, b: Code, c: Code) => Code;
type EmitTable = Readonly<Partial<Record<ScalarOp, Emit>>>;

const zero = i32.const(0);

/** A function of Math, computed in f64 and rounded once. */
const math =
  (name: MathImport): Emit =>
  (a, b) => {
    const operands = name === "pow" ? [f64.promote_f32(a), f64.promote_f32(b)] : [f64.promote_f32(a)];
    return f32.demote_f64(call(mathIndex(name), "f64", operands));
  };

/** Without the functions that programs are free of once they are expanded. */
const floatCode: EmitTable = {
  neg: f32.neg,
  abs: f32.abs,
  sqrt: f32.sqrt,
  rsqrt: (a) => f32.div(f32.const(1), f32.sqrt(a)),
  relu: (a) => select(f32.le(a, f32.const(0)), f32.const(0), a),
  floor: f32.floor,
  sin: math("sin"),
  cos: math("cos"),
  add: f32.add,
  sub: f32.sub,
  mul: f32.mul,
  div: f32.div,
  pow: math("pow"),
  min: f32.min,
  max: f32.max,
  eq: f32.eq,
  ne: f32.ne,
  lt: f32.lt,
  le: f32.le,
  gt: f32.gt,
  ge: f32.ge,
  select: (condition, a, b) => select(condition, a, b),
};

const integerCode: EmitTable = {
  neg: (a) => i32.sub(zero, a),
  add: i32.add,
  sub: i32.sub,
  mul: i32.mul,
  eq: i32.eq,
  ne: i32.ne,
  and: i32.and,
  or: i32.or,
  xor: i32.xor,
  shl: i32.shl,
  select: (condition, a, b) => select(condition, a, b),
};

/** Division by zero gives 0, and no operand traps: the divisor of a case that is not taken is replaced by 1. */
const safeDivisor = (b: Code, isUnsafe: Code): Code => select(isUnsafe, i32.const(1), b);

const signedCode: EmitTable = {
  ...integerCode,
  abs: (a) => select(i32.lt_s(a, zero), i32.sub(zero, a), a),
  relu: (a) => select(i32.le_s(a, zero), zero, a),
  div: (a, b) => {
    const isMinusOne = i32.eq(b, i32.const(-1));
    const quotient = i32.div_s(a, safeDivisor(b, i32.or(i32.eqz(b), isMinusOne)));
    return select(i32.eqz(b), zero, select(isMinusOne, i32.sub(zero, a), quotient));
  },
  min: (a, b) => select(i32.lt_s(a, b), a, b),
  max: (a, b) => select(i32.gt_s(a, b), a, b),
  lt: i32.lt_s,
  le: i32.le_s,
  gt: i32.gt_s,
  ge: i32.ge_s,
  shr: i32.shr_s,
};

const unsignedCode: EmitTable = {
  ...integerCode,
  abs: (a) => a,
  relu: (a) => a,
  div: (a, b) => select(i32.eqz(b), zero, i32.div_u(a, safeDivisor(b, i32.eqz(b)))),
  min: (a, b) => select(i32.lt_u(a, b), a, b),
  max: (a, b) => select(i32.gt_u(a, b), a, b),
  lt: i32.lt_u,
  le: i32.le_u,
  gt: i32.gt_u,
  ge: i32.ge_u,
  shr: i32.shr_u,
};

const boolCode: EmitTable = {
  ...unsignedCode,
  not: i32.eqz,
  shl: (a, b) => i32.ne(i32.shl(a, b), zero),
  shr: (a, b) => i32.ne(i32.shr_u(a, b), zero),
};

const codeOf = { f32: floatCode, i32: signedCode, u32: unsignedCode, bool: boolCode } satisfies Record<
  LaneType,
  EmitTable
>;

/** Every op of the type's domain; for ops outside it scalar programs cannot be built. */
function emitterOf(op: ScalarOp, dtype: LaneType): Emit {
  const emit = codeOf[dtype][op];
  if (emit === undefined) throw new RangeError(`${op} has no meaning on ${dtype}`);
  return emit;
}

export const oneLane: Lanes = {
  width: 1,
  variableType: (dtype) => (dtype === "f32" ? "f32" : "i32"),
  constant: (dtype, value) => (dtype === "f32" ? f32.const(value) : i32.const(value)),
  coordinate: (first) => first,
  load: (dtype, address, byteOffset = 0) => (dtype === "f32" ? f32 : i32).load(address, byteOffset),
  loadSplat: (dtype, address) => (dtype === "f32" ? f32.load(address) : i32.load(address)),
  store: (dtype, address, value, byteOffset = 0) => (dtype === "f32" ? f32 : i32).store(address, value, byteOffset),
  apply(op, dtype, [a = zero, b = zero, c = zero]) {
    return emitterOf(op, dtype)(a, b, c);
  },
  bounded: (kind, x, bound) => select(kind === "lower" ? f32.lt(x, bound) : f32.gt(x, bound), bound, x),
  cast(from, to, value) {
    if (to === "bool") return from === "f32" ? f32.ne(value, f32.const(0)) : i32.ne(value, zero);
    if (to === "f32") {
      if (from === "f32") return value;
      return from === "i32" ? f32.convert_i32_s(value) : f32.convert_i32_u(value);
    }
    return from === "f32" ? i32.wrap_i64(i64.trunc_sat_f32_s(value)) : value;
  },
  bitcast(from, to, value) {
    if (from === to || (from !== "f32" && to !== "f32")) return value;
    return to === "f32" ? f32.reinterpret_i32(value) : i32.reinterpret_f32(value);
  },
};
