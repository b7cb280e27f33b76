// Runs an architecture while tracing: a value a tower, each on the device of its tower's parameters. Towers exchange values only
// where a layer sees both of them.
import {
  averagePool2d,
  concatenate,
  dropout,
  elementCount,
  formatTensorType,
  localResponseNormalization,
  maxPool2d,
  type RandomSource,
  ShapeError,
  sameShape,
  scope,
  type Tensor,
  UsageError,
} from "@tandem/core";
import { convolution, type LayerParameters, linear, mapNormalization } from "@tandem/nn";
import type { Architecture, ConvolutionStage, Layer, LinearStage } from "./architecture.ts";
import { isTowerTree, type ModelParameters } from "./parameters.ts";

/**
 * Dropout is random in training, from `random`: u32 scalars that the host feeds. `sampleOffset` is the place of the first picture
 * in the batch, where that is divided; 0 by default. Otherwise the network is tested.
 */
export type Mode =
  | { readonly training: true; readonly random: RandomSource; readonly sampleOffset?: number }
  | { readonly training: false };

/** The parts of one value: one for each tower, on its device. */
export type Columns = readonly Tensor[];

/**
 * `f16`: parameters stay f32 and are converted where they are used; what layers give and what comes back to them is f16, summed in
 * f32. The classifier's scores and everything after them are f32 either way.
 */
export type Precision = "f32" | "f16";

export interface ForwardPass {
  readonly architecture: Architecture;
  readonly towers: 1 | 2;
  readonly precision: Precision;
  readonly parameters: ModelParameters<Tensor>;
  readonly mode: Mode;
  /** Sees each value by its name, as it is computed. */
  readonly observe?: (name: string, columns: Columns) => void;
}

/**
 * The classifier's input [n, units], in the pass's precision, on the classifier's device: what the last hidden layer makes of
 * images [n, height, width, channels].
 */
export function features(pass: ForwardPass, images: Tensor): Tensor {
  requireImages(pass.architecture, images);
  const last = pass.architecture.layers.reduce<Columns>((columns, layer) => runLayer(pass, layer, columns), [images]);
  return scope(pass.architecture.classifier.name, () => flatten(gather(last, classifierDevice(pass))));
}

/** Where the scores are computed: device 0, unless the parameters were placed elsewhere. */
export function classifierDevice(pass: ForwardPass): string {
  return layerParameters(pass, pass.architecture.classifier.name, 0).weight.device;
}

/** Scores of the classes f32 [n, classes] before the softmax, on the classifier's device. */
export function classify(pass: ForwardPass, featureVectors: Tensor): Tensor {
  const { name } = pass.architecture.classifier;
  return scope(name, () => {
    const logits = linear(featureVectors, convertedParameters(pass, name, 0)).cast("f32");
    pass.observe?.(name, [logits]);
    return logits;
  });
}

function requireImages({ name, input }: Architecture, images: Tensor): void {
  const expected = [input.height, input.width, input.channels];
  if (images.dtype !== "f32" || !sameShape(images.shape.slice(1), expected)) {
    throw new ShapeError(`${name} takes images f32[n,${expected}], found ${formatTensorType(images.type)}`, {
      hint: "crop or scale the pictures, or build the model with another inputSize",
    });
  }
}

function runLayer(pass: ForwardPass, layer: Layer, before: Columns): Columns {
  return scope(layer.name, () => {
    const inputs = columnsSeen(pass, layer, before);
    const multiplied = inputs.map((x, tower) => multiply(pass, layer, x, tower));
    pass.observe?.(layer.name, multiplied);
    return layer.stages.reduce<Columns>((columns, stage) => {
      const after = columns.map((x, tower) => runStage(pass, stage, x, tower));
      pass.observe?.(stage.name, after);
      return after;
    }, multiplied);
  });
}

/** What each tower's part of the layer reads, moved to where its parameters are. */
function columnsSeen(pass: ForwardPass, layer: Layer, before: Columns): Columns {
  if (layer.kind === "convolution" && layer.sees === "own") return before;
  return Array.from({ length: pass.towers }, (_, tower) =>
    gather(before, layerParameters(pass, layer.name, tower).weight.device),
  );
}

/** All maps or units on one device, tower 0's first. */
export function gather(columns: Columns, device: string): Tensor {
  const [first] = columns;
  if (first === undefined) throw new UsageError("a value needs at least one column");
  return concatenate(
    columns.map((column) => column.to(device)),
    first.shape.length - 1,
  );
}

function flatten(x: Tensor): Tensor {
  const [samples = 0, ...rest] = x.shape;
  return x.reshape([samples, elementCount(rest)]);
}

function multiply(pass: ForwardPass, layer: Layer, x: Tensor, tower: number): Tensor {
  const parameters = convertedParameters(pass, layer.name, tower);
  const input = x.cast(pass.precision);
  switch (layer.kind) {
    case "convolution":
      return convolution(input, parameters, {
        strides: layer.stride,
        padding: layer.padding,
        groups: layer.sees === "own" ? columnsOnDevice(pass) : 1,
      });
    case "linear":
      return linear(flatten(input), parameters);
  }
}

/** How many of the network's columns stand beside each other on one device. */
function columnsOnDevice({ architecture, towers }: ForwardPass): number {
  return architecture.columns / towers;
}

function runStage(pass: ForwardPass, stage: ConvolutionStage | LinearStage, x: Tensor, tower: number): Tensor {
  switch (stage.kind) {
    case "activation":
      return stage.function === "relu" ? x.relu() : x.tanh();
    case "responseNormalization": {
      const { size, k, alpha, beta, within } = stage;
      const groups = within === "column" ? columnsOnDevice(pass) : 1;
      return localResponseNormalization(x, { size, k, alpha, beta, groups });
    }
    case "mapNormalization":
      return mapNormalization(x, stage);
    case "pool": {
      const options = { window: stage.window, strides: stage.stride, padding: stage.padding };
      return stage.method === "max" ? maxPool2d(x, options) : averagePool2d(x, { ...options, countPadding: false });
    }
    case "dropout":
      return silence(pass, stage.rate, x, tower);
  }
}

/** Masks belong to units of the undivided layer and pictures of the undivided batch, so that they do not depend on the placement. */
function silence({ mode }: ForwardPass, rate: number, x: Tensor, tower: number): Tensor {
  if (!mode.training) return x.mul(1 - rate);
  const [, units = 0] = x.shape;
  const random = { seed: mode.random.seed.to(x.device), step: mode.random.step.to(x.device) };
  const offsets = { sampleOffset: mode.sampleOffset ?? 0, elementOffset: tower * units };
  return dropout(x, random, { rate, training: true, scaling: "paper", ...offsets });
}

function convertedParameters(pass: ForwardPass, layer: string, tower: number): LayerParameters<Tensor> {
  const { weight, bias } = layerParameters(pass, layer, tower);
  return { weight: weight.cast(pass.precision), bias: bias.cast(pass.precision) };
}

function layerParameters({ parameters, towers }: ForwardPass, layer: string, tower: number): LayerParameters<Tensor> {
  if (isTowerTree(parameters) !== (towers === 2)) {
    throw new UsageError(
      towers === 2
        ? `a model of two towers needs parameters divided between them, found ${Object.keys(parameters).join(", ")}`
        : "a model of one tower needs undivided parameters, found those of two towers",
      { hint: "model.split() divides canonical parameters, model.merge() puts them together" },
    );
  }
  const layers = !isTowerTree(parameters) ? parameters : tower === 0 ? parameters.tower0 : parameters.tower1;
  const found = layers[layer];
  if (found === undefined) {
    throw new UsageError(`there are no parameters for ${layer}`, {
      hint: `the parameters are those of ${Object.keys(layers).join(", ")}`,
    });
  }
  return found;
}
