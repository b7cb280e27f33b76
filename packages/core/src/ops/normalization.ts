// Local response normalization across channels (paper, section 3.3): y = x / (k + alpha * sum of neighbours' squares)^beta.
// For f16 it is computed in f32: squares of ordinary activations leave the range of f16.
import { isFloat } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { defineOp, type Op, operand } from "../op.ts";
import { elementCount, extent, formatShape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { currentBuilder } from "../trace-context.ts";
import type { ArrayType } from "../type.ts";
import { applyOp1 } from "./apply.ts";
import { add, cast, div, mapOperands, mul, pow, square, sub, toAccumulator } from "./elementwise.ts";
import { pad, reshape, sliceAxis } from "./movement.ts";

export type LocalResponseNormalizationAttributes = {
  /** n: how many neighbouring channels are summed, floor(n / 2) before and floor((n - 1) / 2) after. */
  readonly size: number;
  readonly k: number;
  /** Not divided by n. */
  readonly alpha: number;
  readonly beta: number;
};

function checkChannels(input: ArrayType, { size }: LocalResponseNormalizationAttributes): void {
  if (!isFloat(input.dtype)) throw new DTypeError(`expects floats, found ${input.dtype}`);
  if (input.shape.length < 1) throw new ShapeError("expects channels as the last axis, found a scalar");
  if (!Number.isInteger(size) || size < 1)
    throw new ShapeError(`a window of ${size} channels is not a positive whole number`);
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
      const x = toAccumulator(operand(inputs, 0));
      return [cast(mul(x, pow(denominator(x, attributes), -attributes.beta)), operand(inputs, 0).dtype)];
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
      const [x, dy] = [toAccumulator(operand(inputs, 0)), toAccumulator(operand(inputs, 2))];
      const { alpha, beta, size } = attributes;
      const scale = denominator(x, attributes);
      const direct = mul(dy, pow(scale, -beta));
      const throughNeighbours = channelWindowSums(div(mul(direct, x), scale), {
        before: lastNeighbour(size),
        after: firstNeighbour(size),
      });
      const dx = sub(direct, mul(mul(x, throughNeighbours), 2 * alpha * beta));
      return [cast(dx, operand(inputs, 0).dtype)];
    },
    flops: (_inputs, outputs, { size }) => elementCount(operand(outputs, 0).shape) * (3 * size + 40),
  });

const firstNeighbour = (size: number): number => Math.floor(size / 2);
const lastNeighbour = (size: number): number => Math.floor((size - 1) / 2);

/** k + alpha * sum over the window of x^2. */
function denominator(x: Tensor, { size, k, alpha }: LocalResponseNormalizationAttributes): Tensor {
  const squares = channelWindowSums(square(x), { before: firstNeighbour(size), after: lastNeighbour(size) });
  return add(mul(squares, alpha), k);
}

/** How many neighbours on either side are summed. */
interface ChannelWindow {
  readonly before: number;
  readonly after: number;
}

/** Sums over neighbouring channels, as shifted copies added in one map. */
function channelWindowSums(x: Tensor, { before, after }: ChannelWindow): Tensor {
  const axis = x.shape.length - 1;
  const channels = extent(x.shape, axis);
  const onLastAxis = (count: number): number[] => x.shape.map((_, at) => (at === axis ? count : 0));
  const padded = pad(x, { before: onLastAxis(before), after: onLastAxis(after) });
  const shifted = Array.from({ length: before + after + 1 }, (_, shift) =>
    sliceAxis(padded, axis, shift, shift + channels),
  );
  return mapOperands("channelWindowSums", shifted, (scalars) => scalars.reduce((sum, scalar) => sum.add(scalar)));
}

export interface LocalResponseNormalizationOptions extends Partial<LocalResponseNormalizationAttributes> {
  /** Channels are normalized within this many equal groups, such as the paper's towers; 1 by default. */
  readonly groups?: number;
}

/** Normalizes x [..., channels] across channels; the defaults are the paper's. Groups are a reshape: the op sees one. */
export function localResponseNormalization(x: Tensor, options: LocalResponseNormalizationOptions = {}): Tensor {
  const { size = 5, k = 2, alpha = 1e-4, beta = 0.75, groups = 1 } = options;
  const attributes = { size, k, alpha, beta };
  if (groups === 1) return applyOp1(localResponseNormalizationOp, [x], attributes);
  const channels = x.shape.at(-1) ?? 0;
  const grouped = currentBuilder().located(localResponseNormalizationOp, [x], () => {
    if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
      throw new ShapeError(`${channels} channels of ${formatShape(x.shape)} do not divide into ${groups} groups`);
    }
    return reshape(x, [...x.shape.slice(0, -1), groups, channels / groups]);
  });
  return reshape(applyOp1(localResponseNormalizationOp, [grouped], attributes), x.shape);
}
