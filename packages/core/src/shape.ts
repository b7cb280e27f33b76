// Shapes are plain arrays of extents; everything here is a pure function of them.

export type Shape = readonly number[];

export function elementCount(shape: Shape): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** Extent of `shape` along `axis`; an axis out of range is a programming error and throws. */
export function extent(shape: Shape, axis: number): number {
  const found = shape[axis];
  if (found === undefined) throw new RangeError(`axis ${axis} is out of range for shape [${shape}]`);
  return found;
}

/** Row-major strides, in elements. */
export function rowMajorStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = extent(strides, axis + 1) * extent(shape, axis + 1);
  }
  return strides;
}

/** Strides that read `shape` as if it were broadcast to `target`: 0 along every repeated axis. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const own = rowMajorStrides(shape);
  const missing = target.length - shape.length;
  return target.map((_, axis) => {
    const ownAxis = axis - missing;
    return ownAxis < 0 || shape[ownAxis] === 1 ? 0 : extent(own, ownAxis);
  });
}

/** The common shape of operands aligned at their last axes, or `undefined` when two extents differ and neither is 1. */
export function broadcastShapes(shapes: readonly Shape[]): Shape | undefined {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    const missing = rank - shape.length;
    for (const [axis, size] of shape.entries()) {
      const current = extent(result, axis + missing);
      if (current === 1) result[axis + missing] = size;
      else if (size !== 1 && size !== current) return undefined;
    }
  }
  return result;
}

/** Maps axes counted from the end (negative) to axes from the front; `undefined` if out of range. */
export function normalizeAxis(axis: number, rank: number): number | undefined {
  const fromFront = axis < 0 ? axis + rank : axis;
  return Number.isInteger(fromFront) && fromFront >= 0 && fromFront < rank ? fromFront : undefined;
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(",")}]`;
}
