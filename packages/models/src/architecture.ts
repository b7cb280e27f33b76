// A network as plain data: a list of layers, each a multiplication followed by stages. `createModel` gives it a meaning.
import type { Padding } from "@tandem/core";
import type { Initializer, UpdateRule } from "@tandem/nn";

export interface ImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Each stage's result has a name, under which `activations` gives it. */
interface NamedStage {
  readonly name: string;
}

export interface ActivationStage extends NamedStage {
  readonly kind: "activation";
  readonly function: "relu" | "tanh";
}

/** Across neighbouring channels (paper, section 3.3): x / (k + alpha * sum of `size` squares)^beta. */
export interface ResponseNormalizationStage extends NamedStage {
  readonly kind: "responseNormalization";
  readonly size: number;
  readonly k: number;
  /** As it is, not divided by `size`. */
  readonly alpha: number;
  readonly beta: number;
  /** Whether neighbours end at the column's last map or at the layer's. */
  readonly within: "column" | "layer";
}

/** Across neighbouring positions of one map: x / (1 + scale * sum of window^2 squares)^power. */
export interface MapNormalizationStage extends NamedStage {
  readonly kind: "mapNormalization";
  readonly window: number;
  readonly scale: number;
  readonly power: number;
}

export interface PoolStage extends NamedStage {
  readonly kind: "pool";
  readonly method: "max" | "average";
  readonly window: number;
  readonly stride: number;
  readonly padding: Padding;
}

/** The paper's (section 4.2): outputs are silenced at random in training and multiplied by 1 - rate at test time. */
export interface DropoutStage extends NamedStage {
  readonly kind: "dropout";
  readonly rate: number;
}

export type ConvolutionStage = ActivationStage | ResponseNormalizationStage | MapNormalizationStage | PoolStage;
export type LinearStage = ActivationStage | DropoutStage;

export interface ConvolutionLayer {
  readonly kind: "convolution";
  readonly name: string;
  /** Of all columns together. */
  readonly maps: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: Padding;
  /** What each column's kernels reach: the picture (first layer), their own column's maps, or both columns'. */
  readonly sees: "image" | "own" | "both";
  readonly weight: Initializer;
  readonly bias: Initializer;
  readonly stages: readonly ConvolutionStage[];
}

/** Fully connected: sees everything before it, flattened in the order height, width, maps. */
export interface LinearLayer {
  readonly kind: "linear";
  readonly name: string;
  readonly units: number;
  readonly weight: Initializer;
  readonly bias: Initializer;
  readonly stages: readonly LinearStage[];
}

export type Layer = ConvolutionLayer | LinearLayer;

export interface Architecture {
  readonly name: string;
  readonly input: ImageSize;
  /** How many columns maps and units are divided into: the paper's two halves, or one undivided network. */
  readonly columns: 1 | 2;
  readonly layers: readonly Layer[];
  /** The last layer: one undivided unit for each class, followed by softmax. */
  readonly classifier: LinearLayer;
  /** How biases learn; weights learn as the optimiser says. */
  readonly biasRule: UpdateRule;
}

/** The picture's padding at right and bottom with which a last, overhanging window is complete. */
export function overhang(size: number, window: number, stride: number): Padding {
  const positions = Math.ceil(Math.max(0, size - window) / stride) + 1;
  const missing = (positions - 1) * stride + window - size;
  return [
    [0, missing],
    [0, missing],
  ];
}

export function symmetricPadding(amount: number): Padding {
  return [
    [amount, amount],
    [amount, amount],
  ];
}
