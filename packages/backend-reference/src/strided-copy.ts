// Copying a block of elements between two strided layouts: what every movement op is.
import { elementCount, type HostArray, type Shape } from "@tandem/core";
import { Odometer } from "./odometer.ts";

/** Where a block of elements lies in an array; strides may be negative. */
export interface Layout {
  readonly array: HostArray;
  readonly start: number;
  readonly strides: readonly number[];
}

export function stridedCopy(shape: Shape, from: Layout, to: Layout): void {
  const walk = new Odometer(shape, [from.strides, to.strides], [from.start, to.start]);
  const count = elementCount(shape);
  for (let element = 0; element < count; element++) {
    to.array[walk.offsets[1] as number] = from.array[walk.offsets[0] as number] as number;
    walk.advance();
  }
}

/** Offset, in elements, of the position `coordinates`. */
export function offsetOf(coordinates: readonly number[], strides: readonly number[]): number {
  return coordinates.reduce((offset, coordinate, axis) => offset + coordinate * (strides[axis] ?? 0), 0);
}
