// Reductions: one primitive for sum, max and min, one for the position of the maximum, and what is built on them.
import { accumulatorOf, type DType, isFloat } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { defineOp, type Op, operand } from "../op.ts";
import { elementCount, extent, type Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { applyOp1 } from "./apply.ts";
import { type Axes, requireAxes, requireAxis } from "./axis.ts";
import { add, broadcastTo, cast, div, equal, exp, log, mul, sub, toAccumulator, where } from "./elementwise.ts";
import { reshape } from "./movement.ts";
import { stopGradient } from "./stop-gradient.ts";

export type ReduceKind = "sum" | "max" | "min";

export type ReduceAttributes = {
  readonly kind: ReduceKind;
  /** Increasing; the result has no trace of them. */
  readonly axes: readonly number[];
  /** The type partial results are kept in. */
  readonly accumulate: DType;
};

/** The shape that is left after `axes` are reduced away. */
export function reducedShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.filter((_, axis) => !axes.includes(axis));
}

/** The shape with `axes` reduced to extent 1. */
export function keptShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
}

export const reduceOp: Op<ReduceAttributes> = defineOp<ReduceAttributes>({
  name: "reduce",
  roles: ["input"],
  infer(inputs, { kind, axes }) {
    const input = operand(inputs, 0);
    if (input.dtype === "bool")
      throw new DTypeError(`${kind} expects numbers, found bool`, { hint: 'use .cast("i32") first' });
    if (kind !== "sum" && axes.some((axis) => extent(input.shape, axis) === 0)) {
      throw new ShapeError(`${kind} over an axis of extent 0 has no value`);
    }
    return [{ dtype: input.dtype, shape: reducedShape(input.shape, axes) }];
  },
  vjp({ inputs, outputs, cotangents: [dy], attributes: { kind, axes } }) {
    const x = operand(inputs, 0);
    const y = operand(outputs, 0);
    if (dy === undefined || !isFloat(x.dtype)) return [undefined];
    const kept = keptShape(x.shape, axes);
    const spread = (t: Tensor): Tensor => broadcastTo(reshape(t, kept), x.shape);
    if (kind === "sum") return [() => spread(dy)];
    return [
      () => {
        const isExtremum = equal(x, spread(y));
        const ties = sum(cast(isExtremum, x.dtype), axes);
        return where(isExtremum, div(spread(dy), spread(ties)), 0);
      },
    ];
  },
  flops: (inputs) => elementCount(operand(inputs, 0).shape),
});

export type ArgmaxAttributes = { readonly axis: number };

/** Position (i32) of the first largest element along an axis. */
export const argmaxOp: Op<ArgmaxAttributes> = defineOp<ArgmaxAttributes>({
  name: "argmax",
  roles: ["input"],
  infer(inputs, { axis }) {
    const input = operand(inputs, 0);
    if (extent(input.shape, axis) === 0) throw new ShapeError("an axis of extent 0 has no maximum");
    return [{ dtype: "i32", shape: reducedShape(input.shape, [axis]) }];
  },
  vjp: () => [undefined],
  flops: (inputs) => elementCount(operand(inputs, 0).shape),
});

export interface ReduceOptions {
  /** Keep reduced axes with extent 1. */
  readonly keepDimensions?: boolean;
}

function reduce(kind: ReduceKind, x: Tensor, axes: Axes, { keepDimensions = false }: ReduceOptions): Tensor {
  const over = requireAxes({ name: kind, roles: ["input"] }, x, axes);
  const result =
    over.length === 0 ? x : applyOp1(reduceOp, [x], { kind, axes: over, accumulate: accumulatorOf(x.dtype) });
  return keepDimensions ? reshape(result, keptShape(x.shape, over)) : result;
}

export function sum(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduce("sum", x, axes, options);
}

/** Largest element; its cotangent is shared equally among ties. */
export function max(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduce("max", x, axes, options);
}

/** Smallest element; its cotangent is shared equally among ties. */
export function min(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return reduce("min", x, axes, options);
}

export function mean(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const caller = { name: "mean", roles: ["input"] };
  const over = requireAxes(caller, x, axes);
  x.builder.located(caller, [x], () => {
    if (!isFloat(x.dtype)) throw new DTypeError(`expects floats, found ${x.dtype}`, { hint: 'use .cast("f32") first' });
  });
  const count = over.reduce((product, axis) => product * extent(x.shape, axis), 1);
  // In f16 the sum may be too large, and 1 / count too small.
  return cast(mul(sum(toAccumulator(x), over, options), 1 / count), x.dtype);
}

/** Position (i32) of the first largest element along `axis`. */
export function argmax(x: Tensor, axis = -1): Tensor {
  const over = requireAxis(argmaxOp, [x], axis);
  return applyOp1(argmaxOp, [x], { axis: over });
}

/** log(sum(exp(x))) without overflow. */
export function logSumExp(x: Tensor, axes?: Axes, { keepDimensions = false }: ReduceOptions = {}): Tensor {
  const over = requireAxes({ name: "logSumExp", roles: ["input"] }, x, axes);
  const largest = stopGradient(max(x, over, { keepDimensions: true }));
  const result = add(log(sum(exp(sub(x, largest)), over, { keepDimensions: true })), largest);
  return keepDimensions ? result : reshape(result, reducedShape(x.shape, over));
}

/** Sums a cotangent back to the shape its value had before it was broadcast. */
export function sumToShape(x: Tensor, shape: Shape): Tensor {
  const added = x.shape.length - shape.length;
  const axes = [...x.shape.keys()].filter(
    (axis) => axis < added || (shape[axis - added] === 1 && extent(x.shape, axis) !== 1),
  );
  return reshape(sum(x, axes), shape);
}
