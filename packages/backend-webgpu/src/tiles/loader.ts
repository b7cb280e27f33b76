// What a product is told of an operand: WGSL functions that fetch four neighbours of it at once. A product knows nothing of layouts:
// a loader may read a matrix, a transposed one, or the pixels under the taps of a filter.
import type { Storage } from "../shader/dispatch.ts";
import type { StorageDeclaration } from "../shader/storage.ts";

/** C[row, column] = sum over depth of A[row, depth] B[depth, column]. The span is a's row and b's column. */
export type Side = "a" | "b";

/** The axis along which four neighbours lie in memory. */
export type Along = "span" | "depth";

/** What operands consist of in storage. Sums are f32. */
export type Element = "f32" | "f16";

/**
 * `functions` defines, with `a` or `b` for SIDE:
 * - `span_SIDE(matrix, span) -> Span_SIDE` and `depth_SIDE(matrix, depth) -> Depth_SIDE`: what depends on one coordinate alone, so that
 *   it need not be computed again. The coordinate along which neighbours lie is that of the first, a multiple of four;
 * - `fetch_SIDE(Span_SIDE, Depth_SIDE) -> Group`: four neighbours, zeros where the operand has none.
 */
export interface Loader {
  readonly side: Side;
  readonly along: Along;
  readonly storage: StorageDeclaration;
  readonly functions: string;
}

/** What the text of loaders is written in: a group is four elements. */
export function groupAliases(element: Element): string {
  return `alias Element = ${element};\nalias Group = vec4<${element}>;`;
}

/** Neighbours are read at once where `unit` is 4, and one at a time, in any alignment, where it is 1. */
export type Unit = 1 | 4;

/** The unit that all of these distances in memory are multiples of. */
export function unitOf(...distances: readonly number[]): Unit {
  return distances.every((distance) => distance % 4 === 0) ? 4 : 1;
}

export interface OperandMemory {
  readonly side: Side;
  readonly storage: Storage;
  readonly element: Element;
  /** Elements of the whole operand. */
  readonly count: number;
}

export function declareOperand({ side, storage, element, count }: OperandMemory, unit: Unit): StorageDeclaration {
  const vector = element === "f32" ? "vec4f" : "vec4h";
  return { name: side, storage, element: unit === 4 ? vector : element, access: "read", count: count / unit };
}

/** A product of a u32 expression and a constant. */
export function times(expression: string, factor: number): string {
  if (factor === 0) return "0u";
  return factor === 1 ? expression : `${expression} * ${factor}u`;
}

export const LANES = ["x", "y", "z", "w"] as const;
