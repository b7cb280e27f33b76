// Element types: their sizes, the typed array each one lives in on the host, and how a number is rounded to each.
import { roundToFloat16 } from "./float16.ts";

export type DType = "f16" | "f32" | "f64" | "i32" | "u32" | "bool";

/** Host data of a tensor. `bool` is stored as 0 and 1 in 32-bit words. */
export type HostArray = Float32Array | Float64Array | Int32Array | Uint32Array;

interface DTypeTraits {
  readonly bytes: number;
  readonly kind: "float" | "signed" | "unsigned" | "bool";
}

const traits = {
  f16: { bytes: 2, kind: "float" },
  f32: { bytes: 4, kind: "float" },
  f64: { bytes: 8, kind: "float" },
  i32: { bytes: 4, kind: "signed" },
  u32: { bytes: 4, kind: "unsigned" },
  bool: { bytes: 4, kind: "bool" },
} satisfies Record<DType, DTypeTraits>;

export function bytesPerElement(dtype: DType): number {
  return traits[dtype].bytes;
}

export function isFloat(dtype: DType): boolean {
  return traits[dtype].kind === "float";
}

/** The type that sums of `dtype` are accumulated in: f32 for f16, otherwise itself. */
export function accumulatorOf(dtype: DType): DType {
  return dtype === "f16" ? "f32" : dtype;
}

/** A view of `length` elements on `buffer`, or fresh zeroed memory when no buffer is given. f16 has none. */
export function hostArray(
  dtype: DType,
  length: number,
  buffer: ArrayBufferLike = new ArrayBuffer(length * bytesPerElement(dtype)),
  byteOffset = 0,
): HostArray {
  switch (dtype) {
    case "f32":
      return new Float32Array(buffer, byteOffset, length);
    case "f64":
      return new Float64Array(buffer, byteOffset, length);
    case "i32":
      return new Int32Array(buffer, byteOffset, length);
    case "u32":
    case "bool":
      return new Uint32Array(buffer, byteOffset, length);
    case "f16":
      throw new TypeError("f16 has no array on the host");
  }
}

/** Rounds a float64 intermediate to the nearest value of `dtype`, ties to even; integers wrap as 32-bit hardware does. */
export function roundTo(dtype: DType, value: number): number {
  switch (dtype) {
    case "f64":
      return value;
    case "f16":
      return roundToFloat16(value);
    case "f32":
      return Math.fround(value);
    case "i32":
      return value | 0;
    case "u32":
      return value >>> 0;
    case "bool":
      return value === 0 ? 0 : 1;
  }
}
