// Walks the positions of a shape in row-major order, keeping the offset of each position in several strided arrays.
import type { Shape } from "@tandem/core";

export class Odometer {
  /** The current position, by axis. */
  readonly coordinates: Uint32Array;
  /** Where the current position lies in each array, in elements. */
  readonly offsets: Int32Array;
  readonly #shape: Shape;
  readonly #strides: readonly (readonly number[])[];

  /** `strides` holds, for each array, an entry an axis; `starts` the offset of each array's first element (0 by default). */
  constructor(shape: Shape, strides: readonly (readonly number[])[], starts: readonly number[] = []) {
    this.coordinates = new Uint32Array(shape.length);
    this.offsets = Int32Array.from(strides, (_, array) => starts[array] ?? 0);
    this.#shape = shape;
    this.#strides = strides;
  }

  /** Moves on to the next position; after the last one it is back at the first. */
  advance(): void {
    const { coordinates, offsets } = this;
    for (let axis = this.#shape.length - 1; axis >= 0; axis--) {
      const coordinate = (coordinates[axis] as number) + 1;
      const wraps = coordinate === this.#shape[axis];
      coordinates[axis] = wraps ? 0 : coordinate;
      const distance = wraps ? 1 - coordinate : 1;
      for (let array = 0; array < offsets.length; array++) {
        offsets[array] = (offsets[array] as number) + distance * (this.#strides[array]?.[axis] ?? 0);
      }
      if (!wraps) return;
    }
  }
}
