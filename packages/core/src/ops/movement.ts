// Ops that move elements without computing: reshape, transpose, slice, pad, concatenate, flip.
import { ShapeError, UsageError } from "../errors.ts";
import { type CotangentThunk, defineOp, type Op, operand } from "../op.ts";
import { elementCount, extent, formatShape, type Shape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { ArrayType } from "../type.ts";
import { applyOp1 } from "./apply.ts";
import { requireAxis } from "./axis.ts";

export type ReshapeAttributes = { readonly shape: Shape };

export const reshapeOp: Op<ReshapeAttributes> = defineOp<ReshapeAttributes>({
  name: "reshape",
  roles: ["input"],
  infer(inputs, { shape }) {
    const input = operand(inputs, 0);
    if (elementCount(input.shape) !== elementCount(shape)) {
      throw new ShapeError(
        `${elementCount(input.shape)} elements of ${formatShape(input.shape)} do not fill ${formatShape(shape)}, which has ${elementCount(shape)}`,
      );
    }
    return [{ dtype: input.dtype, shape }];
  },
  vjp: ({ inputs, cotangents: [dy] }) => [dy && (() => reshape(dy, operand(inputs, 0).shape))],
  flops: () => 0,
});

export type TransposeAttributes = { readonly permutation: readonly number[] };

export const transposeOp: Op<TransposeAttributes> = defineOp<TransposeAttributes>({
  name: "transpose",
  roles: ["input"],
  infer(inputs, { permutation }) {
    const input = operand(inputs, 0);
    const sorted = [...permutation].sort((a, b) => a - b);
    if (!sameShape(sorted, [...input.shape.keys()])) {
      throw new ShapeError(
        `[${permutation}] is not a permutation of the ${input.shape.length} axes of ${formatShape(input.shape)}`,
      );
    }
    return [{ dtype: input.dtype, shape: permutation.map((axis) => extent(input.shape, axis)) }];
  },
  vjp: ({ cotangents: [dy], attributes: { permutation } }) => [
    dy && (() => transpose(dy, inversePermutation(permutation))),
  ],
  flops: () => 0,
});

export type SliceAttributes = {
  readonly starts: readonly number[];
  /** Exclusive. */
  readonly ends: readonly number[];
  readonly steps: readonly number[];
};

export const sliceOp: Op<SliceAttributes> = defineOp<SliceAttributes>({
  name: "slice",
  roles: ["input"],
  infer(inputs, { starts, ends, steps }) {
    const input = operand(inputs, 0);
    checkRank(input, { starts, ends, steps });
    const shape = input.shape.map((size, axis) => {
      const [start, end, step] = [extent(starts, axis), extent(ends, axis), extent(steps, axis)];
      const whole = [start, end, step].every(Number.isInteger);
      if (!whole || start < 0 || end > size || start > end || step < 1) {
        throw new ShapeError(`[${start}:${end}:${step}] is not within axis ${axis} of extent ${size}`);
      }
      return Math.ceil((end - start) / step);
    });
    return [{ dtype: input.dtype, shape }];
  },
  vjp({ inputs, cotangents: [dy], attributes: { starts, steps } }) {
    if (dy === undefined) return [undefined];
    const { shape } = operand(inputs, 0);
    const after = shape.map((size, axis) => {
      const count = extent(dy.shape, axis);
      const covered = count === 0 ? 0 : (count - 1) * extent(steps, axis) + 1;
      return size - extent(starts, axis) - covered;
    });
    return [() => pad(dy, { before: starts, after, interior: steps.map((step) => step - 1) })];
  },
  flops: () => 0,
});

export type PadAttributes = {
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** Elements put between neighbours. */
  readonly interior: readonly number[];
  readonly value: number;
};

export const padOp: Op<PadAttributes> = defineOp<PadAttributes>({
  name: "pad",
  roles: ["input"],
  infer(inputs, { before, after, interior }) {
    const input = operand(inputs, 0);
    checkRank(input, { before, after, interior });
    const shape = input.shape.map((size, axis) => {
      const [low, high, between] = [extent(before, axis), extent(after, axis), extent(interior, axis)];
      if (![low, high, between].every((count) => Number.isInteger(count) && count >= 0)) {
        throw new ShapeError(
          `padding ${low}, ${high} and ${between} between of axis ${axis} must be whole, 0 or more`,
          {
            hint: "use slice to cut",
          },
        );
      }
      return low + Math.max(0, size + (size - 1) * between) + high;
    });
    return [{ dtype: input.dtype, shape }];
  },
  vjp({ cotangents: [dy], attributes: { before, after, interior } }) {
    if (dy === undefined) return [undefined];
    const ends = dy.shape.map((size, axis) => size - extent(after, axis));
    return [
      () =>
        slice(
          dy,
          before,
          ends,
          interior.map((between) => between + 1),
        ),
    ];
  },
  flops: () => 0,
});

export type ConcatenateAttributes = { readonly axis: number };

export const concatenateOp: Op<ConcatenateAttributes> = defineOp<ConcatenateAttributes>({
  name: "concatenate",
  roles: ["part"],
  infer(inputs, { axis }) {
    const first = operand(inputs, 0);
    for (const [index, part] of inputs.entries()) {
      const fits =
        part.shape.length === first.shape.length &&
        part.shape.every((size, at) => at === axis || size === first.shape[at]);
      if (!fits || part.dtype !== first.dtype) {
        throw new ShapeError(
          `part ${index} is ${part.dtype}${formatShape(part.shape)}, which does not continue ${first.dtype}${formatShape(first.shape)} along axis ${axis}`,
        );
      }
    }
    const total = inputs.reduce((size, part) => size + extent(part.shape, axis), 0);
    return [{ dtype: first.dtype, shape: first.shape.map((size, at) => (at === axis ? total : size)) }];
  },
  vjp({ inputs, cotangents: [dy], attributes: { axis } }) {
    let start = 0;
    return inputs.map((part): CotangentThunk => {
      const from = start;
      start += extent(part.shape, axis);
      return dy && (() => sliceAxis(dy, axis, from, from + extent(part.shape, axis)));
    });
  },
  flops: () => 0,
});

export type FlipAttributes = { readonly axes: readonly number[] };

export const flipOp: Op<FlipAttributes> = defineOp<FlipAttributes>({
  name: "flip",
  roles: ["input"],
  infer: (inputs) => [operand(inputs, 0)],
  vjp: ({ cotangents: [dy], attributes: { axes } }) => [dy && (() => flip(dy, axes))],
  flops: () => 0,
});

/** The same elements in another shape; one extent may be -1 and is then computed. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = shape.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const full = shape.map((size) => (size === -1 ? Math.floor(elementCount(x.shape) / known) : size));
  if (sameShape(full, x.shape)) return x;
  return applyOp1(reshapeOp, [x], { shape: full });
}

/** Axis `i` of the result is axis `permutation[i]` of x; by default the axes are reversed. */
export function transpose(x: Tensor, permutation: readonly number[] = [...x.shape.keys()].reverse()): Tensor {
  if (permutation.every((axis, position) => axis === position) && permutation.length === x.shape.length) return x;
  return applyOp1(transposeOp, [x], { permutation: [...permutation] });
}

/** Elements from `starts` to `ends` (exclusive, negative from the end) with `steps`, an entry an axis. */
export function slice(
  x: Tensor,
  starts: readonly number[],
  ends: readonly number[],
  steps: readonly number[] = starts.map(() => 1),
): Tensor {
  const fromFront = (position: number, axis: number): number =>
    position < 0 ? position + extent(x.shape, axis) : position;
  const attributes = { starts: starts.map(fromFront), ends: ends.map(fromFront), steps: [...steps] };
  const isWhole =
    starts.length === x.shape.length &&
    x.shape.every((size, axis) => attributes.starts[axis] === 0 && attributes.ends[axis] === size && steps[axis] === 1);
  return isWhole ? x : applyOp1(sliceOp, [x], attributes);
}

/** Elements `start` to `end` (exclusive) along one axis. */
export function sliceAxis(x: Tensor, axis: number, start: number, end: number, step = 1): Tensor {
  const along = requireAxis(sliceOp, [x], axis);
  return slice(
    x,
    x.shape.map((_, at) => (at === along ? start : 0)),
    x.shape.map((size, at) => (at === along ? end : size)),
    x.shape.map((_, at) => (at === along ? step : 1)),
  );
}

export interface PadOptions {
  /** Elements added in front of each axis; an entry an axis. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** Elements put between neighbours along each axis; by default none. */
  readonly interior?: readonly number[];
  /** 0 by default. */
  readonly value?: number;
}

export function pad(x: Tensor, { before, after, interior = before.map(() => 0), value = 0 }: PadOptions): Tensor {
  if ([...before, ...after, ...interior].every((count) => count === 0) && before.length === x.shape.length) return x;
  return applyOp1(padOp, [x], { before: [...before], after: [...after], interior: [...interior], value });
}

export function concatenate(parts: readonly Tensor[], axis: number): Tensor {
  const [first, ...rest] = parts;
  if (first === undefined) throw new UsageError("concatenate needs at least one part");
  return rest.length === 0 ? first : applyOp1(concatenateOp, parts, { axis: requireAxis(concatenateOp, parts, axis) });
}

/** Reverses the order of elements along `axes`. */
export function flip(x: Tensor, axes: number | readonly number[]): Tensor {
  const requested = typeof axes === "number" ? [axes] : axes;
  return requested.length === 0
    ? x
    : applyOp1(flipOp, [x], { axes: requested.map((axis) => requireAxis(flipOp, [x], axis)) });
}

function inversePermutation(permutation: readonly number[]): number[] {
  const inverse = new Array<number>(permutation.length).fill(0);
  for (const [position, axis] of permutation.entries()) inverse[axis] = position;
  return inverse;
}

function checkRank(input: ArrayType, lists: Readonly<Record<string, readonly number[]>>): void {
  for (const [name, list] of Object.entries(lists)) {
    if (list.length !== input.shape.length) {
      throw new ShapeError(
        `expects an entry an axis: ${name} has ${list.length}, the input ${input.shape.length} axes`,
      );
    }
  }
}
