// Positions in strided layouts, as numbers.

/** Offset, in elements, of the position `coordinates`. */
export function offsetOf(coordinates: readonly number[], strides: readonly number[]): number {
  return coordinates.reduce((offset, coordinate, axis) => offset + coordinate * (strides[axis] ?? 0), 0);
}
