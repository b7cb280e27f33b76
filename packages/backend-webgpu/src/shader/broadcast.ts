// Index arithmetic of row-major operands as WGSL expressions: positions to coordinates and back.
import { extent, rowMajorStrides, type Shape } from "@tandem/core";

/** A sum of multiples of u32 expressions; multiples may be negative where the sum is not. */
export function offsetExpression(coordinates: readonly string[], strides: readonly number[], start = 0): string {
  const terms = coordinates.flatMap((coordinate, axis) => {
    const stride = extent(strides, axis);
    if (stride === 0 || coordinate === "0u") return [];
    return stride === 1 ? [coordinate] : [`${coordinate} * ${stride >>> 0}u`];
  });
  if (start !== 0) terms.push(`${start}u`);
  return terms.length === 0 ? "0u" : terms.join(" + ");
}

/**
 * Index of an operand's element in a result that the operand broadcasts to, at the `coordinates` (u32 expressions, by axis of the
 * result) of that result.
 */
export function broadcastIndex(operandShape: Shape, coordinates: readonly string[]): string {
  const strides = rowMajorStrides(operandShape).map((stride, axis) => (extent(operandShape, axis) === 1 ? 0 : stride));
  return offsetExpression(coordinates.slice(coordinates.length - operandShape.length), strides);
}

export interface Coordinates {
  readonly statements: string;
  /** u32 expressions by axis. */
  readonly coordinates: readonly string[];
}

/** Splits a linear position (a u32 expression) of a shape; the variables that this takes start with `prefix`. */
export function coordinatesOf(shape: Shape, position: string, prefix = "coordinate"): Coordinates {
  const strides = rowMajorStrides(shape);
  const lines: string[] = [];
  const coordinates = shape.map((size, axis) => {
    if (size <= 1) return "0u";
    const stride = extent(strides, axis);
    const quotient = stride === 1 ? `(${position})` : `(${position}) / ${stride}u`;
    const isOutermost = shape.slice(0, axis).every((outer) => outer === 1);
    const name = `${prefix}${axis}`;
    lines.push(`  let ${name}: u32 = ${isOutermost ? quotient : `${quotient} % ${size}u`};`);
    return name;
  });
  return { statements: lines.join("\n"), coordinates };
}
