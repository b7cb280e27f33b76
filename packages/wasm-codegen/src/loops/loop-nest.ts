// Which loops walk over several strided arrays at once: as few and as long as their strides allow.
import { extent, type Shape } from "@tandem/core";

export interface LoopAxis {
  readonly extent: number;
  /** Elements that each array moves by at one step along this axis. */
  readonly strides: readonly number[];
  /** The axis of the shape, if it was asked to stay an axis of its own. */
  readonly axis?: number;
}

/**
 * Axes from the outermost to the innermost. Neighbours are merged where every array walks over them at one stride; axes of
 * extent 1 vanish. The axes in `kept` stay as they are, so that positions along them can be told.
 */
export function loopNest(
  shape: Shape,
  strides: readonly (readonly number[])[],
  kept: ReadonlySet<number> = new Set(),
): readonly LoopAxis[] {
  const axes: LoopAxis[] = [];
  for (const [axis, size] of shape.entries()) {
    const steps = strides.map((ofArray) => extent(ofArray, axis));
    if (kept.has(axis)) {
      axes.push({ extent: size, strides: steps, axis });
      continue;
    }
    if (size === 1) continue;
    const outer = axes.at(-1);
    const isContinuous =
      outer !== undefined &&
      outer.axis === undefined &&
      outer.strides.every((stride, array) => stride === extent(steps, array) * size);
    if (isContinuous) axes[axes.length - 1] = { extent: outer.extent * size, strides: steps };
    else axes.push({ extent: size, strides: steps });
  }
  return axes;
}
