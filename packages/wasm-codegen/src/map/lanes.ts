// How a value of a scalar program is held and computed: in one lane or in four at once.
import type { DType, ScalarOp } from "@tandem/core";
import type { Code, ValueType } from "../encoding/code.ts";

/** Element types that fit 32-bit lanes. */
export type LaneType = Extract<DType, "f32" | "i32" | "u32" | "bool">;

export function isLaneType(dtype: DType): dtype is LaneType {
  return dtype === "f32" || dtype === "i32" || dtype === "u32" || dtype === "bool";
}

/** Operands are code that may be evaluated several times: constants and variables. */
export interface Lanes {
  /** Elements handled at once. */
  readonly width: 1 | 4;
  variableType(dtype: LaneType): ValueType;
  constant(dtype: LaneType, value: number): Code;
  /** The position along an axis, given that of the first lane (i32). */
  coordinate(first: Code, isInnermost: boolean): Code;
  load(dtype: LaneType, address: Code, byteOffset?: number): Code;
  /** One element for all lanes. */
  loadSplat(dtype: LaneType, address: Code): Code;
  store(dtype: LaneType, address: Code, value: Code, byteOffset?: number): Code;
  /** `dtype` is the type of the last operand. */
  apply(op: ScalarOp, dtype: LaneType, operands: readonly Code[]): Code;
  /** Of f32: x, or the bound if x lies below a lower or above an upper one. NaN stays. */
  bounded(kind: "lower" | "upper", x: Code, bound: Code): Code;
  cast(from: LaneType, to: LaneType, value: Code): Code;
  bitcast(from: LaneType, to: LaneType, value: Code): Code;
}
