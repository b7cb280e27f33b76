// What is measured: an operation as tfjs's own kernels compute it, and as a traced function that this backend compiles.
import {
  type ConvolutionAttributes,
  conv2dFilterGradientOp,
  conv2dInputGradientOp,
  elementCount,
  type LocalResponseNormalizationAttributes,
  localResponseNormalization,
  localResponseNormalizationGradientOp,
  map,
  matmul,
  maxPool2d,
  maxPool2dGradientOp,
  operand,
  type PoolAttributes,
  type Shape,
  type Tensor,
  transpose,
} from "@tandem/core";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { TfjsKernels } from "./tfjs-kernels.ts";

export interface BenchCase {
  readonly name: string;
  readonly size: string;
  /** Of the inputs, all of them f32. */
  readonly shapes: readonly Shape[];
  /** FLOPs, or elements where nothing is multiplied. */
  readonly work: { readonly flops: number } | { readonly elements: number };
  /** Which kernels of tfjs, and a call of them that frees what it makes. */
  readonly before?: {
    readonly kernels: string;
    readonly run: (tfjs: TfjsKernels, inputs: readonly TensorInfo[]) => void;
  };
  readonly after: (inputs: readonly Tensor[]) => Tensor;
}

interface Convolution {
  readonly size: string;
  readonly batch: number;
  readonly side: number;
  readonly channels: number;
  readonly kernel: number;
  readonly outChannels: number;
  readonly stride: number;
  readonly padding: number;
}

/** A tower of AlexNet, and one of a small net for pictures of 24 pixels. */
const convolutions: readonly Convolution[] = [
  { size: "AlexNet conv1", batch: 32, side: 224, channels: 3, kernel: 11, outChannels: 48, stride: 4, padding: 0 },
  { size: "AlexNet conv2", batch: 32, side: 27, channels: 48, kernel: 5, outChannels: 128, stride: 1, padding: 2 },
  { size: "AlexNet conv3", batch: 32, side: 13, channels: 256, kernel: 3, outChannels: 192, stride: 1, padding: 1 },
  { size: "AlexNet conv5", batch: 32, side: 13, channels: 192, kernel: 3, outChannels: 128, stride: 1, padding: 1 },
  { size: "small conv1", batch: 64, side: 24, channels: 3, kernel: 5, outChannels: 16, stride: 1, padding: 2 },
  { size: "small conv2", batch: 64, side: 11, channels: 16, kernel: 5, outChannels: 32, stride: 1, padding: 2 },
  { size: "small conv3", batch: 64, side: 5, channels: 32, kernel: 3, outChannels: 48, stride: 1, padding: 1 },
];

function convolutionCases(convolution: Convolution): readonly BenchCase[] {
  const { size, batch, side, channels, kernel, outChannels, stride, padding } = convolution;
  const outSide = Math.floor((side + 2 * padding - kernel) / stride) + 1;
  const x = [batch, side, side, channels];
  const filter = [kernel, kernel, channels, outChannels];
  const dy = [batch, outSide, outSide, outChannels];
  const around = [padding, padding] as const;
  const attributes: ConvolutionAttributes = {
    strides: [stride, stride],
    padding: [around, around],
    dilations: [1, 1],
    groups: 1,
    accumulate: "f32",
  };
  const pad = (bottom: number) => [
    [0, 0],
    [padding, bottom],
    [padding, bottom],
    [0, 0],
  ];
  const tfjsAttributes = { strides: [stride, stride], dilations: [1, 1], pad: pad(padding), dataFormat: "NHWC" };
  const work = { flops: 2 * elementCount(dy) * kernel * kernel * channels };
  const used = (outSide - 1) * stride + kernel - side - padding;
  return [
    {
      name: "convolution",
      size,
      shapes: [x, filter],
      work,
      before: {
        kernels: "Conv2D",
        run: (tfjs, [x, filter]) => tfjs.free(tfjs.call("Conv2D", named({ x, filter }), tfjsAttributes)),
      },
      after: ([x, filter]) => given(x).conv2d(given(filter), attributes),
    },
    {
      name: "gradient of the filter",
      size,
      shapes: [x, dy],
      work,
      before: {
        kernels: "Transpose, Conv2D",
        run(tfjs, [x, dy]) {
          const input = tfjs.call("Transpose", named({ x }), { perm: [3, 1, 2, 0] });
          const filter = tfjs.call("Transpose", named({ x: dy }), { perm: [1, 2, 0, 3] });
          const settings = {
            ...tfjsAttributes,
            strides: [1, 1],
            dilations: [stride, stride],
            pad: pad(Math.max(0, used)),
          };
          const product = tfjs.call("Conv2D", { x: input, filter }, settings);
          tfjs.free(input, filter, product, tfjs.call("Transpose", { x: product }, { perm: [1, 2, 0, 3] }));
        },
      },
      after: ([x, dy]) =>
        operand(
          given(x).builder.apply(conv2dFilterGradientOp, [given(x), given(dy)], { ...attributes, filterShape: filter }),
          0,
        ),
    },
    ...(stride > 1
      ? []
      : [
          {
            name: "gradient of the input",
            size,
            shapes: [dy, filter],
            work,
            before: {
              kernels: "Conv2DBackpropInput",
              run: (tfjs: TfjsKernels, [dy, filter]: readonly TensorInfo[]) =>
                tfjs.free(
                  tfjs.call("Conv2DBackpropInput", named({ dy, filter }), { ...tfjsAttributes, inputShape: x }),
                ),
            },
            after: ([dy, filter]: readonly Tensor[]) =>
              operand(
                given(dy).builder.apply(conv2dInputGradientOp, [given(dy), given(filter)], {
                  ...attributes,
                  inputShape: x,
                }),
                0,
              ),
          },
        ]),
  ];
}

const products: readonly (readonly [string, number, number, number])[] = [
  ["AlexNet fc6", 128, 4608, 2048],
  ["AlexNet fc8", 128, 4096, 1000],
  ["small fc6", 64, 256, 256],
];

function productCases([size, m, k, n]: (typeof products)[number]): readonly BenchCase[] {
  const work = { flops: 2 * m * k * n };
  const product = (name: string, a: Shape, b: Shape, transposeA: boolean, transposeB: boolean): BenchCase => ({
    name,
    size,
    shapes: [a, b],
    work,
    before: {
      kernels: "BatchMatMul",
      run: (tfjs, [a, b]) => {
        const rank3 = ({ dataId, shape, dtype }: TensorInfo): TensorInfo => ({ dataId, shape: [1, ...shape], dtype });
        const inputs = { a: rank3(given(a)), b: rank3(given(b)) };
        tfjs.free(tfjs.call("BatchMatMul", inputs, { transposeA, transposeB }));
      },
    },
    after: ([a, b]) => matmul(given(a), given(b), { transposeA, transposeB }),
  });
  return [
    product("matrix product", [m, k], [k, n], false, false),
    product("product, right operand transposed", [m, n], [k, n], false, true),
    product("product, left operand transposed", [m, k], [m, n], true, false),
  ];
}

const pictures: Shape = [64, 24, 24, 16];
const pooled: Shape = [64, 11, 11, 16];
const pooling: PoolAttributes = {
  window: [3, 3],
  strides: [2, 2],
  padding: [
    [0, 0],
    [0, 0],
  ],
};
const normalization: LocalResponseNormalizationAttributes = { size: 5, k: 2, alpha: 1e-4, beta: 0.75 };
const tfjsNormalization = { depthRadius: 2, bias: 2, alpha: 1e-4, beta: 0.75 };
const tfjsPooling = { filterSize: [3, 3], strides: [2, 2], pad: 0 };

function elementwise(name: string, inputs: number, after: BenchCase["after"], before?: BenchCase["before"]): BenchCase {
  return {
    name,
    size: "589,824 elements",
    shapes: Array<Shape>(inputs).fill(pictures),
    work: { elements: elementCount(pictures) },
    after,
    ...(before !== undefined && { before }),
  };
}

const others: readonly BenchCase[] = [
  {
    ...elementwise("max-pooling 3x3/2", 1, ([x]) => maxPool2d(given(x), { window: 3, strides: 2 })),
    before: { kernels: "MaxPool", run: (tfjs, [x]) => tfjs.free(tfjs.call("MaxPool", named({ x }), tfjsPooling)) },
  },
  {
    ...elementwise("its gradient", 1, ([x, y, dy]) =>
      operand(given(x).builder.apply(maxPool2dGradientOp, [given(x), given(y), given(dy)], pooling), 0),
    ),
    shapes: [pictures, pooled, pooled],
    before: {
      kernels: "MaxPoolGrad",
      run: (tfjs, [input, output, dy]) =>
        tfjs.free(tfjs.call("MaxPoolGrad", named({ input, output, dy }), tfjsPooling)),
    },
  },
  elementwise("response normalization", 1, ([x]) => localResponseNormalization(given(x), normalization), {
    kernels: "LRN",
    run: (tfjs, [x]) => tfjs.free(tfjs.call("LRN", named({ x }), tfjsNormalization)),
  }),
  elementwise(
    "its gradient",
    3,
    ([x, y, dy]) =>
      operand(
        given(x).builder.apply(localResponseNormalizationGradientOp, [given(x), given(y), given(dy)], normalization),
        0,
      ),
    {
      kernels: "LRNGrad",
      run: (tfjs, [x, y, dy]) => tfjs.free(tfjs.call("LRNGrad", named({ x, y, dy }), tfjsNormalization)),
    },
  ),
  elementwise("sum over all axes but the last", 1, ([x]) => given(x).sum([0, 1, 2]), {
    kernels: "Transpose, Sum",
    run: (tfjs, [x]) => tfjs.free(tfjs.call("Sum", named({ x }), { axis: [0, 1, 2] })),
  }),
  elementwise("NHWC to HWNC", 1, ([x]) => transpose(given(x), [1, 2, 0, 3]), {
    kernels: "Transpose",
    run: (tfjs, [x]) => tfjs.free(tfjs.call("Transpose", named({ x }), { perm: [1, 2, 0, 3] })),
  }),
  {
    ...elementwise("transpose", 1, ([x]) => transpose(given(x))),
    size: "4608 x 2048",
    shapes: [[4608, 2048]],
    work: { elements: 4608 * 2048 },
    before: {
      kernels: "Transpose",
      run: (tfjs, [x]) => tfjs.free(tfjs.call("Transpose", named({ x }), { perm: [1, 0] })),
    },
  },
  elementwise("a + b", 2, ([a, b]) => given(a).add(given(b)), {
    kernels: "Add",
    run: (tfjs, [a, b]) => tfjs.free(tfjs.call("Add", named({ a, b }))),
  }),
  elementwise("sigmoid", 1, ([x]) => given(x).sigmoid(), {
    kernels: "Sigmoid",
    run: (tfjs, [x]) => tfjs.free(tfjs.call("Sigmoid", named({ x }))),
  }),
  elementwise("gradient of relu", 2, ([y, dy]) => given(y).lessEqual(0).where(0, given(dy))),
  elementwise("momentum's velocity", 3, ([v, w, dw]) =>
    operand(
      map([given(v), given(w), given(dw)], ([v, w, dw]) =>
        v === undefined || w === undefined || dw === undefined ? [] : [v.mul(0.9).sub(w.mul(5e-6)).sub(dw.mul(0.01))],
      ),
      0,
    ),
  ),
];

export const cases: readonly BenchCase[] = [
  ...convolutions.flatMap(convolutionCases),
  ...products.flatMap(productCases),
  ...others,
];

function given<T>(input: T | undefined): T {
  return operand(
    [input].filter((found) => found !== undefined),
    0,
  );
}

function named(inputs: Readonly<Record<string, TensorInfo | undefined>>): Record<string, TensorInfo> {
  return Object.fromEntries(Object.entries(inputs).map(([role, tensor]) => [role, given(tensor)]));
}
