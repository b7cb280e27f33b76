// How each golden op is written in Tandem, from PyTorch's layouts and attributes: transposed here and nowhere else.
import { averagePool2d, concatenate, type Pair, type PoolOptions, pad, type Tensor, where } from "@tandem/core";

/** PyTorch's attributes, under PyTorch's names. */
export interface GoldenAttributes {
  readonly stride?: number | Pair;
  readonly padding?: number | Pair;
  readonly dilation?: number | Pair;
  readonly groups?: number;
  readonly kernel?: number | Pair;
  readonly ceil_mode?: boolean;
  readonly n?: number;
  readonly k?: number;
  readonly alpha?: number;
  readonly beta?: number;
  readonly towers?: number;
  readonly axes?: number | readonly number[];
  readonly axis?: number;
  readonly keepdims?: boolean;
  readonly shape?: readonly number[];
  readonly perm?: readonly number[];
  readonly starts?: readonly number[];
  readonly ends?: readonly number[];
  readonly steps?: readonly number[];
  readonly before?: readonly number[];
  readonly after?: readonly number[];
  readonly value?: number;
  readonly scale?: number;
  readonly expr?: string;
}

/** Up to three operands; a case never reads one that it does not have. */
type GoldenOp = (a: Tensor, b: Tensor, c: Tensor, attributes: GoldenAttributes) => Tensor;

const toNhwc = (nchw: Tensor): Tensor => nchw.transpose([0, 2, 3, 1]);
const toNchw = (nhwc: Tensor): Tensor => nhwc.transpose([0, 3, 1, 2]);
const toHwio = (oihw: Tensor): Tensor => oihw.transpose([2, 3, 1, 0]);

function pairOf(value: number | Pair = 1): Pair {
  return typeof value === "number" ? [value, value] : value;
}

function convolve(
  x: Tensor,
  oihw: Tensor,
  { stride = 1, padding = 0, dilation = 1, groups = 1 }: GoldenAttributes,
): Tensor {
  return toNchw(toNhwc(x).conv2d(toHwio(oihw), { strides: stride, padding, dilations: dilation, groups }));
}

/** PyTorch's `ceil_mode`: the rows and columns that a last window still needs are padding at the end. */
function poolOptions(
  { shape }: Tensor,
  { kernel, stride, padding = 0, ceil_mode = false }: GoldenAttributes,
): PoolOptions {
  const [window, strides, around] = [pairOf(kernel), pairOf(stride), pairOf(padding)];
  const sides = (axis: 0 | 1): Pair => {
    const overhang = ((shape[axis + 2] ?? 0) + 2 * around[axis] - window[axis]) % strides[axis];
    return [around[axis], around[axis] + (ceil_mode && overhang > 0 ? strides[axis] - overhang : 0)];
  };
  return { window, strides, padding: [sides(0), sides(1)] };
}

const expressions: Readonly<Record<string, (x: Tensor, w: Tensor) => Tensor>> = {
  "x*x + tanh(x)*x": (x) => x.mul(x).add(x.tanh().mul(x)),
  "relu(conv(x,w,pad=1)) + conv(x,w,pad=1) * x[:, :1]": (x, w) =>
    convolve(x, w, { padding: 1 })
      .relu()
      .add(convolve(x, w, { padding: 1 }).mul(x.sliceAxis(1, 0, 1))),
};

export const goldenOps: Readonly<Record<string, GoldenOp>> = {
  conv2d: (x, w, bias, attributes) => convolve(x, w, attributes).add(bias.reshape([-1, 1, 1])),
  max_pool2d: (x, _b, _c, attributes) => toNchw(toNhwc(x).maxPool2d(poolOptions(x, attributes))),
  avg_pool2d: (x, _b, _c, attributes) => toNchw(averagePool2d(toNhwc(x), poolOptions(x, attributes))),
  lrn: (x, _b, _c, { n = 5, k = 2, alpha = 1e-4, beta = 0.75, towers = 1 }) =>
    toNchw(toNhwc(x).localResponseNormalization({ size: n, k, alpha, beta, groups: towers })),
  relu: (x) => x.relu(),
  tanh: (x) => x.tanh(),
  sigmoid: (x) => x.sigmoid(),
  exp: (x) => x.exp(),
  abs: (x) => x.abs(),
  log: (x) => x.log(),
  sqrt: (x) => x.sqrt(),
  reciprocal: (x) => x.pow(-1),
  add: (a, b) => a.add(b),
  sub: (a, b) => a.sub(b),
  mul: (a, b) => a.mul(b),
  matmul: (a, b) => a.matmul(b),
  mean: (x, _b, _c, { axes, keepdims = false }) => x.mean(axes, { keepDimensions: keepdims }),
  sum: (x, _b, _c, { axes, keepdims = false }) => x.sum(axes, { keepDimensions: keepdims }),
  reduce_max: (x, _b, _c, { axes, keepdims = false }) => x.max(axes, { keepDimensions: keepdims }),
  logsumexp: (x, _b, _c, { axes }) => x.logSumExp(axes),
  softmax: (x, _b, _c, { axis }) => x.softmax(axis),
  log_softmax: (x, _b, _c, { axis }) => x.logSoftmax(axis),
  reshape: (x, _b, _c, { shape = [] }) => x.reshape(shape),
  transpose: (x, _b, _c, { perm }) => x.transpose(perm),
  concat: (a, b, c, { axis = 0 }) => concatenate([a, b, c], axis),
  slice: (x, _b, _c, { starts = [], ends = [], steps }) => x.slice(starts, ends, steps),
  pad: (x, _b, _c, { before = [], after = [], value = 0 }) => pad(x, { before, after, value }),
  flip: (x, _b, _c, { axes = [] }) => x.flip(axes),
  dropout_mask: (x, mask, _c, { scale = 1 }) => where(mask, x.mul(scale), 0),
  expr: (x, w, _c, { expr = "" }) => expressions[expr]?.(x, w) ?? unknownExpression(expr),
};

function unknownExpression(expression: string): never {
  throw new RangeError(`the expression ${expression} is not written out here`);
}
