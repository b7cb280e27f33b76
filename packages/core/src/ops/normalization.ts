// Local response normalization across channels (paper, section 3.3): y = x / (k + alpha * sum of neighbours' squares)^beta.
import { isFloat } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { defineOp, type Op, operand } from "../op.ts";
import { elementCount, extent, formatShape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { ArrayType } from "../type.ts";
import { applyOp1 } from "./apply.ts";
import { add, div, mapOperands, mul, pow, square, sub } from "./elementwise.ts";
import { pad, reshape, sliceAxis } from "./movement.ts";

export type LocalResponseNormalizationAttributes = {
  /** n: how many neighbouring channels are summed, floor(n / 2) before and floor((n - 1) / 2) after. */
  readonly size: number;
  readonly k: number;
  /** Not divided by n. */
  readonly alpha: number;
  readonly beta: number;
  /** Channels are normalized within this many equal groups, such as the paper's towers. */
  readonly groups: number;
};

function checkChannels(input: ArrayType, { size, groups }: LocalResponseNormalizationAttributes): void {
  if (!isFloat(input.dtype)) throw new DTypeError(`expects floats, found ${input.dtype}`);
  if (input.shape.length < 1) throw new ShapeError("expects channels as the last axis, found a scalar");
  const channels = extent(input.shape, input.shape.length - 1);
  if (size < 1 || groups < 1 || channels % groups !== 0) {
    throw new ShapeError(
      `${channels} channels of ${formatShape(input.shape)} do not divide into ${groups} groups with windows of ${size}`,
    );
  }
}

/** The normalized input, from the input. */
export const localResponseNormalizationOp: Op<LocalResponseNormalizationAttributes> =
  defineOp<LocalResponseNormalizationAttributes>({
    name: "localResponseNormalization",
    roles: ["input"],
    infer(inputs, attributes) {
      const x = operand(inputs, 0);
      checkChannels(x, attributes);
      return [x];
    },
    vjp({ inputs, outputs, cotangents: [dy], attributes }) {
      return [
        dy &&
          (() =>
            applyOp1(localResponseNormalizationGradientOp, [operand(inputs, 0), operand(outputs, 0), dy], attributes)),
      ];
    },
    decompose(inputs, attributes) {
      const x = operand(inputs, 0);
      return [mul(x, pow(denominator(x, attributes), -attributes.beta))];
    },
    flops: (_inputs, outputs, { size }) => elementCount(operand(outputs, 0).shape) * (2 * size + 34),
  });

/** Cotangent of the input, from the input, the output and the output's cotangent. */
export const localResponseNormalizationGradientOp: Op<LocalResponseNormalizationAttributes> =
  defineOp<LocalResponseNormalizationAttributes>({
    name: "localResponseNormalizationGradient",
    roles: ["input", "output", "cotangent"],
    infer(inputs, attributes) {
      const [x, y, dy] = [operand(inputs, 0), operand(inputs, 1), operand(inputs, 2)];
      checkChannels(x, attributes);
      if (!sameShape(y.shape, x.shape) || !sameShape(dy.shape, x.shape)) {
        throw new ShapeError(
          `output ${formatShape(y.shape)} and cotangent ${formatShape(dy.shape)} must have the input's shape ${formatShape(x.shape)}`,
        );
      }
      return [x];
    },
    decompose(inputs, attributes) {
      const [x, , dy] = [operand(inputs, 0), operand(inputs, 1), operand(inputs, 2)];
      const { alpha, beta, size, groups } = attributes;
      const scale = denominator(x, attributes);
      const direct = mul(dy, pow(scale, -beta));
      const throughNeighbours = channelWindowSums(div(mul(direct, x), scale), {
        before: lastNeighbour(size),
        after: firstNeighbour(size),
        groups,
      });
      return [sub(direct, mul(mul(x, throughNeighbours), 2 * alpha * beta))];
    },
    flops: (_inputs, outputs, { size }) => elementCount(operand(outputs, 0).shape) * (3 * size + 40),
  });

const firstNeighbour = (size: number): number => Math.floor(size / 2);
const lastNeighbour = (size: number): number => Math.floor((size - 1) / 2);

/** k + alpha * sum over the window of x^2. */
function denominator(x: Tensor, { size, k, alpha, groups }: LocalResponseNormalizationAttributes): Tensor {
  const squares = channelWindowSums(square(x), { before: firstNeighbour(size), after: lastNeighbour(size), groups });
  return add(mul(squares, alpha), k);
}

interface ChannelWindow {
  readonly before: number;
  readonly after: number;
  readonly groups: number;
}

/** Sums over neighbouring channels within each group, as shifted copies added in one map. */
function channelWindowSums(x: Tensor, { before, after, groups }: ChannelWindow): Tensor {
  const channels = extent(x.shape, x.shape.length - 1) / groups;
  const grouped = reshape(x, [...x.shape.slice(0, -1), groups, channels]);
  const axis = grouped.shape.length - 1;
  const onLastAxis = (count: number): number[] => grouped.shape.map((_, at) => (at === axis ? count : 0));
  const padded = pad(grouped, { before: onLastAxis(before), after: onLastAxis(after) });
  const shifted = Array.from({ length: before + after + 1 }, (_, shift) =>
    sliceAxis(padded, axis, shift, shift + channels),
  );
  const sums = mapOperands("channelWindowSums", shifted, (scalars) => scalars.reduce((sum, scalar) => sum.add(scalar)));
  return reshape(sums, x.shape);
}

export interface LocalResponseNormalizationOptions {
  readonly size?: number;
  readonly k?: number;
  readonly alpha?: number;
  readonly beta?: number;
  readonly groups?: number;
}

/** Normalizes x [..., channels] across channels; the defaults are the paper's. */
export function localResponseNormalization(x: Tensor, options: LocalResponseNormalizationOptions = {}): Tensor {
  const { size = 5, k = 2, alpha = 1e-4, beta = 0.75, groups = 1 } = options;
  return applyOp1(localResponseNormalizationOp, [x], { size, k, alpha, beta, groups });
}
