// The elementwise functions users call: each is a map of one scalar operation, so each has the gradient of the scalar table.
import { accumulatorOf, type DType } from "../dtype.ts";
import { UsageError } from "../errors.ts";
import { type Scalar, scalarProgram } from "../scalar/builder.ts";
import type { ScalarOp } from "../scalar/rules.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { applyMap, map } from "./map.ts";

/** A tensor, or a number that takes the type of the tensors beside it. */
export type TensorOrNumber = Tensor | number;

function firstOf(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  if (first === undefined)
    throw new UsageError("an elementwise operation needs at least one tensor among its operands");
  return first;
}

/** Maps over operands of which some may be numbers; `body` sees a scalar for each operand, and `name` is for errors. */
export function mapOperands(
  name: string,
  operands: readonly TensorOrNumber[],
  body: (scalars: readonly Scalar[]) => Scalar,
): Tensor {
  const tensors = operands.filter((operand) => typeof operand !== "number");
  const like = firstOf(tensors).dtype;
  return firstOf(
    map(
      tensors,
      (scalars, builder) => {
        let next = 0;
        const lifted = operands.map((operand) =>
          typeof operand === "number"
            ? builder.constant(operand, like)
            : (scalars[next++] ?? builder.constant(0, like)),
        );
        return [body(lifted)];
      },
      { name },
    ),
  );
}

function unary(op: ScalarOp): (x: Tensor) => Tensor {
  return (x) => mapOperands(op, [x], ([a]) => at(a).apply(op));
}

function binary(op: ScalarOp): (a: TensorOrNumber, b: TensorOrNumber) => Tensor {
  return (a, b) => mapOperands(op, [a, b], ([left, right]) => at(left).apply(op, at(right)));
}

function at(scalar: Scalar | undefined): Scalar {
  if (scalar === undefined) throw new UsageError("an elementwise body read an operand that it was not given");
  return scalar;
}

export const neg: (x: Tensor) => Tensor = unary("neg");
export const abs: (x: Tensor) => Tensor = unary("abs");
export const exp: (x: Tensor) => Tensor = unary("exp");
export const log: (x: Tensor) => Tensor = unary("log");
export const sqrt: (x: Tensor) => Tensor = unary("sqrt");
/** 1 / sqrt(x). */
export const rsqrt: (x: Tensor) => Tensor = unary("rsqrt");
export const tanh: (x: Tensor) => Tensor = unary("tanh");
export const sigmoid: (x: Tensor) => Tensor = unary("sigmoid");
/** max(x, 0), with slope 0 at 0. */
export const relu: (x: Tensor) => Tensor = unary("relu");
export const floor: (x: Tensor) => Tensor = unary("floor");
export const sin: (x: Tensor) => Tensor = unary("sin");
export const cos: (x: Tensor) => Tensor = unary("cos");
export const not: (x: Tensor) => Tensor = unary("not");

export const add: (a: TensorOrNumber, b: TensorOrNumber) => Tensor = binary("add");
export const sub: (a: TensorOrNumber, b: TensorOrNumber) => Tensor = binary("sub");
export const mul: (a: TensorOrNumber, b: TensorOrNumber) => Tensor = binary("mul");
export const div: (a: TensorOrNumber, b: TensorOrNumber) => Tensor = binary("div");
export const pow: (a: TensorOrNumber, b: TensorOrNumber) => Tensor = binary("pow");
/** The smaller of two operands; a tie shares its cotangent equally. */
export const minimum: (a: TensorOrNumber, b: TensorOrNumber) => Tensor = binary("min");
/** The larger of two operands; a tie shares its cotangent equally. */
export const maximum: (a: TensorOrNumber, b: TensorOrNumber) => Tensor = binary("max");
export const equal: (a: TensorOrNumber, b: TensorOrNumber) => Tensor = binary("eq");
export const notEqual: (a: TensorOrNumber, b: TensorOrNumber) => Tensor = binary("ne");
export const less: (a: TensorOrNumber, b: TensorOrNumber) => Tensor = binary("lt");
export const lessEqual: (a: TensorOrNumber, b: TensorOrNumber) => Tensor = binary("le");
export const greater: (a: TensorOrNumber, b: TensorOrNumber) => Tensor = binary("gt");
export const greaterEqual: (a: TensorOrNumber, b: TensorOrNumber) => Tensor = binary("ge");
/** Bitwise on integers, logical on bool. */
export const and: (a: TensorOrNumber, b: TensorOrNumber) => Tensor = binary("and");
/** Bitwise on integers, logical on bool. */
export const or: (a: TensorOrNumber, b: TensorOrNumber) => Tensor = binary("or");
/** Bitwise on integers, logical on bool. */
export const xor: (a: TensorOrNumber, b: TensorOrNumber) => Tensor = binary("xor");
export const shiftLeft: (a: TensorOrNumber, b: TensorOrNumber) => Tensor = binary("shl");
/** Arithmetic on i32, logical on u32. */
export const shiftRight: (a: TensorOrNumber, b: TensorOrNumber) => Tensor = binary("shr");

/** x^2. */
export function square(x: Tensor): Tensor {
  return mul(x, x);
}

/** Elements of `ifTrue` where the bool `condition` holds, else of `ifFalse`. */
export function where(condition: Tensor, ifTrue: TensorOrNumber, ifFalse: TensorOrNumber): Tensor {
  const branches = [ifTrue, ifFalse].filter((branch) => typeof branch !== "number");
  if (branches.length === 0)
    throw new UsageError("where needs at least one tensor branch", { hint: "use full() for the other" });
  const tensors = [condition, ...branches];
  return firstOf(
    map(
      tensors,
      ([test, a, b]) => {
        if (typeof ifTrue === "number") return [at(test).select(ifTrue, at(a))];
        return [at(test).select(at(a), typeof ifFalse === "number" ? ifFalse : at(b))];
      },
      { name: "where" },
    ),
  );
}

/** x limited to [low, high]; the slope is 1 inside and at the limits, 0 outside. */
export function clamp(x: Tensor, low: number, high: number): Tensor {
  return mapOperands("clamp", [x], ([a]) =>
    at(a)
      .lt(low)
      .select(low, at(a).gt(high).select(high, at(a))),
  );
}

/** Converts values, rounding toward zero from float to integer. */
export function cast(x: Tensor, dtype: DType): Tensor {
  return mapOperands("cast", [x], ([a]) => at(a).cast(dtype));
}

/** x in the type that its sums are accumulated in: f32 for f16, otherwise x itself. */
export function toAccumulator(x: Tensor): Tensor {
  return cast(x, accumulatorOf(x.dtype));
}

/** True where x is NaN or infinite, from the exponent's bits, so that no engine's shortcuts with NaN matter. f32 and f16. */
export function isNonFinite(x: Tensor): Tensor {
  const inWord = x.dtype === "f16" ? cast(x, "f32") : x;
  return mapOperands("isNonFinite", [inWord], ([a]) => at(a).bitcast("u32").and(0x7f800000).eq(0x7f800000));
}

/** Repeats x along axes of extent 1 and new leading axes. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return firstOf(
    applyMap(
      [x],
      scalarProgram([x.dtype], (scalars) => scalars),
      shape,
    ),
  );
}

export interface CreationOptions {
  readonly dtype?: DType;
  readonly device?: string;
}

/** A tensor with every element equal to `value`. */
export function full(shape: Shape, value: number, { dtype = "f32", device }: CreationOptions = {}): Tensor {
  return firstOf(
    map([], (_, builder) => [builder.constant(value, dtype)], { shape, ...(device !== undefined && { device }) }),
  );
}

export function zeros(shape: Shape, options: CreationOptions = {}): Tensor {
  return full(shape, 0, options);
}

/** Position of each element along `axis`, as `dtype` (i32 by default). */
export function indices(shape: Shape, axis: number, { dtype = "i32", device }: CreationOptions = {}): Tensor {
  return firstOf(
    map([], (_, builder) => [builder.coordinate(axis).cast(dtype)], { shape, ...(device !== undefined && { device }) }),
  );
}
