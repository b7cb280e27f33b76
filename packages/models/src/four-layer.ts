// The four-layer network of the paper's Figure 1: ReLU against tanh on CIFAR-10. The paper does not give its layers; these are
// those of cuda-convnet's 80-second network, which was its authors' four-layer network for CIFAR-10.
import {
  type Architecture,
  type ConvolutionLayer,
  type ConvolutionStage,
  overhang,
  symmetricPadding,
} from "./architecture.ts";
import { createModel, type Model, type ModelOptions } from "./model.ts";

export interface FourLayerOptions extends Pick<ModelOptions, "precision"> {
  readonly activation: "relu" | "tanh";
  /** 10 by default. */
  readonly classes?: number;
  /** Side of the pictures; 32 by default. */
  readonly inputSize?: number;
  /** Of the three convolutional layers; 32, 32, 64 by default. */
  readonly maps?: readonly [number, number, number];
}

export function fourLayer({ precision = "f32", ...sizes }: FourLayerOptions): Model {
  return createModel(fourLayerArchitecture(sizes), { towers: 1, precision });
}

/** Three 5x5 convolutions, each followed by 3x3 pooling with a stride of 2, and one fully connected layer. */
function fourLayerArchitecture({
  activation,
  classes = 10,
  inputSize = 32,
  maps = [32, 32, 64],
}: FourLayerOptions): Architecture {
  const zero = { kind: "constant", value: 0 } as const;
  const [window, stride] = [3, 2];
  const sizes = maps.map((_, index) => Math.ceil(inputSize / 2 ** index));
  const layers = maps.map((count, index): ConvolutionLayer => {
    const number = index + 1;
    const activate: ConvolutionStage = { kind: "activation", name: `${activation}${number}`, function: activation };
    const pool: ConvolutionStage = {
      kind: "pool",
      name: `pool${number}`,
      method: number === 1 ? "max" : "average",
      window,
      stride,
      padding: overhang(sizes[index] ?? inputSize, window, stride),
    };
    return {
      kind: "convolution",
      name: `conv${number}`,
      maps: count,
      kernel: 5,
      stride: 1,
      padding: symmetricPadding(2),
      sees: number === 1 ? "image" : "own",
      weight: { kind: "normal", sigma: number === 1 ? 0.0001 : 0.01 },
      bias: zero,
      stages: number === 1 ? [pool, activate] : [activate, pool],
    };
  });
  return {
    name: `four layers (${activation})`,
    input: { height: inputSize, width: inputSize, channels: 3 },
    columns: 1,
    layers,
    classifier: {
      kind: "linear",
      name: "fc4",
      units: classes,
      weight: { kind: "normal", sigma: 0.1 },
      bias: zero,
      stages: [],
    },
    biasRule: { learningRate: 1, decay: 1 },
  };
}
