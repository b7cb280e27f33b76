// A model: an architecture placed on one device or two, as functions to be traced and the parameters they take.
import {
  full,
  type HostTensor,
  operand,
  scope,
  spec,
  sum,
  type Tensor,
  type TensorType,
  UsageError,
} from "@tandem/core";
import { crossEntropyLoss, initialize, type ParameterSpec, topKErrors, type UpdateRule } from "@tandem/nn";
import type { Architecture } from "./architecture.ts";
import {
  type Columns,
  classifierDevice,
  classify,
  type ForwardPass,
  features,
  gather,
  type Mode,
  type Precision,
} from "./forward.ts";
import { type LayerTree, type ModelParameters, mapLayers, parameterSpecs } from "./parameters.ts";
import { canonicalName, deviceOf, mergeTowers, splitTowers, towerTypes } from "./towers.ts";

export interface LabelledImages {
  /** f32 [n, height, width, channels], prepared, on any device or fed by the host. */
  readonly images: Tensor;
  /** i32 [n]. */
  readonly labels: Tensor;
  /** f32 [n]: what each sample counts for; 1 for all when left out. */
  readonly weights?: Tensor | undefined;
}

/** Sums over a batch, f32 scalars: divide sums over all batches by the sum of `weight`. */
export type ErrorSums = {
  /** Weight of the samples whose label is not the likeliest class. */
  readonly top1: Tensor;
  /** Weight of the samples whose label is not among the five likeliest. */
  readonly top5: Tensor;
  readonly weight: Tensor;
};

/** Its functions compute where the parameters they are given live: "device 0" below is the device of the classifier's. */
export interface Model {
  readonly architecture: Architecture;
  readonly towers: 1 | 2;
  readonly precision: Precision;
  /** Shape, initial values and rule of each parameter of the undivided network. */
  readonly parameters: LayerTree<ParameterSpec>;
  /** Types of the parameters as the functions below take them, on their devices. */
  readonly types: ModelParameters<TensorType>;
  /** Initial parameters as the functions below take them; the same network for the same seed, however many towers. */
  initialize(seed: number): ModelParameters<HostTensor>;
  /** Canonical parameters, or what an optimiser keeps beside them, as the functions below take them. */
  split(canonical: LayerTree<HostTensor>): ModelParameters<HostTensor>;
  /** The inverse of `split`. */
  merge(parameters: ModelParameters<HostTensor>): LayerTree<HostTensor>;
  /** The logical device of anything nested as the parameters are, by its dotted name: for `place`. */
  deviceOf(name: string): string;
  /** How a parameter learns, by its dotted name: for an optimiser's `ruleOf`. */
  ruleOf(name: string): UpdateRule;
  /** Mean cross-entropy on device 0, with the batch's errors. */
  loss(
    parameters: ModelParameters<Tensor>,
    batch: LabelledImages,
    mode: Mode,
  ): { readonly value: Tensor; readonly aux: ErrorSums };
  /** f32 [n, classes] before the softmax, on device 0. */
  logits(parameters: ModelParameters<Tensor>, images: Tensor, mode: Mode): Tensor;
  /** The last hidden layer's outputs as f32 [n, units], on device 0. */
  features(parameters: ModelParameters<Tensor>, images: Tensor, mode: Mode): Tensor;
  /** Every layer's multiplication and every stage after it by name, whole, as f32 on device 0. For looking, not for training. */
  activations(parameters: ModelParameters<Tensor>, images: Tensor, mode: Mode): { readonly [name: string]: Tensor };
}

export interface ModelOptions {
  /**
   * 2: each column on a logical device of its own (0 and 1). 1: everything on device 0, with grouped convolutions.
   * By default as many as the architecture has columns that can be apart.
   */
  readonly towers?: 1 | 2;
  /** What layers compute in; f32 by default. Parameters, scores and losses are f32 either way; train f16 with a scaled loss. */
  readonly precision?: Precision;
}

/** Throws UsageError if the architecture cannot be divided between two towers, ShapeError if its sizes do not fit together. */
export function createModel(architecture: Architecture, options: ModelOptions = {}): Model {
  const { precision = "f32" } = options;
  const towers = options.towers ?? (obstacleToTowers(architecture) === undefined ? 2 : 1);
  requireDivisible(architecture, towers);
  const { classifier } = architecture;
  const parameters = parameterSpecs(architecture);
  const canonicalTypes = mapLayers(parameters, ({ shape }) => spec("f32", shape));
  const split = (canonical: LayerTree<HostTensor>): ModelParameters<HostTensor> =>
    towers === 1 ? canonical : splitTowers(canonical, classifier.name);
  const passOf = (given: ModelParameters<Tensor>, mode: Mode): ForwardPass => ({
    architecture,
    towers,
    precision,
    parameters: given,
    mode,
  });
  const logits = (pass: ForwardPass, images: Tensor): Tensor => classify(pass, features(pass, images));
  return {
    architecture,
    towers,
    precision,
    parameters,
    types: towers === 1 ? canonicalTypes : towerTypes(canonicalTypes, classifier.name),
    initialize: (seed) => split(initialize(parameters, seed)),
    split,
    merge: mergeTowers,
    deviceOf,
    ruleOf: (name) => specOf(parameters, name).rule,
    loss(given, { images, labels, weights }, mode) {
      const scores = logits(passOf(given, mode), images);
      const { device } = scores;
      return scope("loss", () => {
        const [own, counts] = [labels.to(device), weights?.to(device)];
        const errors = topKErrors(scores, own, [1, 5], counts);
        const weight = counts === undefined ? full([], labels.shape[0] ?? 0, { device }) : sum(counts);
        const aux = { top1: operand(errors, 0), top5: operand(errors, 1), weight };
        return { value: crossEntropyLoss(scores, own, counts), aux };
      });
    },
    logits: (given, images, mode) => logits(passOf(given, mode), images),
    features: (given, images, mode) => features(passOf(given, mode), images).cast("f32"),
    activations(given, images, mode) {
      const seen: Record<string, Tensor> = {};
      const pass = passOf(given, mode);
      const home = classifierDevice(pass);
      const observe = (name: string, columns: Columns): void => {
        seen[name] = gather(columns, home).cast("f32");
      };
      logits({ ...pass, observe }, images);
      return seen;
    },
  };
}

function requireDivisible(architecture: Architecture, towers: 1 | 2): void {
  const obstacle = obstacleToTowers(architecture);
  if (towers === 1 || obstacle === undefined) return;
  throw new UsageError(`${architecture.name} cannot be divided between two towers: ${obstacle}`, {
    hint: "use towers: 1",
  });
}

/** Why an architecture cannot stand on two devices, if it cannot. */
function obstacleToTowers({ columns, layers }: Architecture): string | undefined {
  if (columns === 1) return "it has one column";
  for (const layer of layers) {
    const stage = layer.stages.find((each) => each.kind === "responseNormalization" && each.within === "layer");
    if (stage !== undefined) return `${stage.name} normalises across all ${layer.name} maps, on both sides`;
  }
  return undefined;
}

function specOf(parameters: LayerTree<ParameterSpec>, name: string): ParameterSpec {
  const [layer = "", parameter] = canonicalName(name).split(".");
  const found = parameter === "weight" || parameter === "bias" ? parameters[layer]?.[parameter] : undefined;
  if (found === undefined) {
    throw new UsageError(`there is no parameter ${name}`, {
      hint: `the layers are ${Object.keys(parameters).join(", ")}, each with weight and bias`,
    });
  }
  return found;
}
