// Axes as users name them, negative ones counting from the end, resolved or refused with the place in the message.
import { ShapeError } from "../errors.ts";
import type { Op } from "../op.ts";
import { operand } from "../op.ts";
import { formatShape, normalizeAxis } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { currentBuilder } from "../trace-context.ts";

type Caller = Pick<Op, "name" | "roles">;

/** The axis of the first of `inputs` that `axis` means, from the front. */
export function requireAxis(op: Caller, inputs: readonly Tensor[], axis: number): number {
  const { shape } = operand(inputs, 0);
  const fromFront = normalizeAxis(axis, shape.length);
  return currentBuilder().located(op, inputs, () => {
    if (fromFront === undefined) {
      throw new ShapeError(`axis ${axis} is out of range for shape ${formatShape(shape)}`);
    }
    return fromFront;
  });
}

/** One axis, several, or (left out) all of them; negative ones count from the end. */
export type Axes = number | readonly number[] | undefined;

/** The axes of x that `axes` means, increasing. */
export function requireAxes(op: Caller, x: Tensor, axes: Axes): number[] {
  const requested = axes === undefined ? [...x.shape.keys()] : typeof axes === "number" ? [axes] : axes;
  const found = requested.map((axis) => requireAxis(op, [x], axis));
  return currentBuilder().located(op, [x], () => {
    if (new Set(found).size !== found.length) throw new ShapeError(`axes [${requested}] repeat`);
    return found.sort((a, b) => a - b);
  });
}
