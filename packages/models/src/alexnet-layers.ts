// AlexNet's shape (paper, section 3.5) at any size: five convolutional layers or fewer, then three fully connected ones.
import { UsageError } from "@tandem/core";
import type { Initializer } from "@tandem/nn";
import type {
  Architecture,
  ConvolutionLayer,
  ConvolutionStage,
  ImageSize,
  LinearLayer,
  LinearStage,
} from "./architecture.ts";
import { symmetricPadding } from "./architecture.ts";
import type { Recipe } from "./recipe.ts";

/** `recipe`: deviations and biases of the recipe, made for full size. `he`: scaled to each layer's fan-in, biases 0. */
export type Initialization = "recipe" | "he";

export type ConvolutionSize = Pick<ConvolutionLayer, "maps" | "kernel" | "stride" | "padding">;

export interface AlexnetSizes {
  readonly name: string;
  readonly input: ImageSize;
  readonly columns: 1 | 2;
  /** conv1, conv2, ...: three to five. The third sees both columns. */
  readonly convolutions: readonly ConvolutionSize[];
  /** Of fc6 and fc7. */
  readonly units: readonly [number, number];
  readonly classes: number;
  /** Rate at which outputs of fc6 and fc7 are silenced; 0 leaves dropout out. */
  readonly dropout: number;
  readonly initialization: Initialization;
}

/** Layers whose responses are normalised. */
const NORMALIZED: readonly number[] = [1, 2];
/** Layers that start with biases of 1, to feed the ReLUs positive inputs (paper, section 5). */
const BIASED: ReadonlySet<string> = new Set(["conv2", "conv4", "conv5", "fc6", "fc7"]);
const SEES_BOTH = 3;

export function alexnetArchitecture(recipe: Recipe, sizes: AlexnetSizes): Architecture {
  const { name, input, columns, convolutions, units, classes, dropout } = sizes;
  if (convolutions.length < SEES_BOTH || convolutions.length > 5) {
    throw new UsageError(`${name}: expected three to five convolutional layers, found ${convolutions.length}`);
  }
  if (!(dropout >= 0 && dropout < 1)) throw new UsageError(`${name}: dropout must be in [0, 1), found ${dropout}`);
  const initialValues = (layer: string): Pick<LinearLayer, "weight" | "bias"> => initializers(recipe, sizes, layer);
  return {
    name,
    input,
    columns,
    layers: [
      ...convolutions.map((size, index): ConvolutionLayer => {
        const number = index + 1;
        return {
          kind: "convolution",
          name: `conv${number}`,
          ...size,
          sees: number === 1 ? "image" : number === SEES_BOTH ? "both" : "own",
          ...initialValues(`conv${number}`),
          stages: convolutionStages(recipe, number, number <= 2 || number === convolutions.length),
        };
      }),
      ...units.map((count, index): LinearLayer => {
        const number = index + 6;
        const stages: LinearStage[] = [{ kind: "activation", name: `relu${number}`, function: "relu" }];
        if (dropout > 0) stages.push({ kind: "dropout", name: `dropout${number}`, rate: dropout });
        return { kind: "linear", name: `fc${number}`, units: count, ...initialValues(`fc${number}`), stages };
      }),
    ],
    classifier: { kind: "linear", name: "fc8", units: classes, ...initialValues("fc8"), stages: [] },
    biasRule: recipe.biasRule,
  };
}

function convolutionStages(recipe: Recipe, number: number, isPooled: boolean): ConvolutionStage[] {
  const activation: ConvolutionStage = { kind: "activation", name: `relu${number}`, function: "relu" };
  const normalized: ConvolutionStage[] = [];
  if (NORMALIZED.includes(number)) {
    normalized.push({ kind: "responseNormalization", name: `norm${number}`, ...recipe.responseNormalization });
  }
  if (number === 2 && recipe.mapNormalization !== undefined) {
    normalized.push({ kind: "mapNormalization", name: "mapnorm2", ...recipe.mapNormalization });
  }
  const pooled: ConvolutionStage[] = isPooled
    ? [{ kind: "pool", name: `pool${number}`, method: "max", window: 3, stride: 2, padding: symmetricPadding(0) }]
    : [];
  return number === 1 && recipe.firstActivation === "after pooling"
    ? [...normalized, ...pooled, activation]
    : [activation, ...normalized, ...pooled];
}

function initializers(
  recipe: Recipe,
  { initialization }: AlexnetSizes,
  layer: string,
): { weight: Initializer; bias: Initializer } {
  if (initialization === "he") return { weight: { kind: "he" }, bias: { kind: "constant", value: 0 } };
  const sigma = recipe.weightDeviation[layer] ?? recipe.weightDeviation.otherwise;
  return {
    weight: { kind: "normal", sigma },
    bias: { kind: "constant", value: BIASED.has(layer) ? recipe.bias : 0 },
  };
}
