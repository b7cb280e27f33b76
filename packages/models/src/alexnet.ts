// AlexNet at full size (paper, section 3.5), after one of its recipes.
import { UsageError } from "@tandem/core";
import { alexnetArchitecture, type ConvolutionSize } from "./alexnet-layers.ts";
import { overhang, symmetricPadding } from "./architecture.ts";
import { createModel, type Model, type ModelOptions } from "./model.ts";
import { type Recipe, type RecipeName, type ResponseNormalization, recipes } from "./recipe.ts";

export interface AlexnetOptions extends ModelOptions {
  /** `paper` by default. `caffe` normalises across all maps, so it has no two towers. */
  readonly recipe?: RecipeName;
  /** 1000 by default. */
  readonly classes?: number;
  /** Side of the pictures; the recipe's by default (224, caffe 227). Zeros complete the first layer's last window. */
  readonly inputSize?: number;
  /** Multiplies maps and units, rounded to even numbers; 1 by default. */
  readonly width?: number;
  /** The network the paper compares with on one GPU: one column, half the maps in conv1 to conv4. */
  readonly halfKernels?: boolean;
  /** 0.5 by default; 0 leaves dropout out. */
  readonly dropout?: number;
  /** Changes the recipe's normalisation in conv1 and conv2. */
  readonly responseNormalization?: Partial<ResponseNormalization>;
}

/** Throws UsageError for options that do not go together, ShapeError for pictures that are too small. */
export function alexnet(options: AlexnetOptions = {}): Model {
  const { classes = 1000, width = 1, halfKernels = false, dropout = 0.5 } = options;
  const chosen = recipes[options.recipe ?? "paper"];
  const responseNormalization = { ...chosen.responseNormalization, ...options.responseNormalization };
  const recipe: Recipe = { ...chosen, responseNormalization };
  const inputSize = options.inputSize ?? recipe.inputSize;
  if (!(width > 0)) throw new UsageError(`alexnet: width must be positive, found ${width}`);
  const scaled = (count: number): number => Math.max(2, 2 * Math.round((count * width) / 2));
  const halved = (maps: number): number => scaled(halfKernels ? maps / 2 : maps);
  const near = { stride: 1, padding: symmetricPadding(1), kernel: 3 } as const;
  const convolutions: readonly ConvolutionSize[] = [
    { maps: halved(96), kernel: 11, stride: 4, padding: overhang(inputSize, 11, 4) },
    { maps: halved(256), kernel: 5, stride: 1, padding: symmetricPadding(2) },
    { maps: halved(384), ...near },
    { maps: halved(384), ...near },
    { maps: scaled(256), ...near },
  ];
  const architecture = alexnetArchitecture(recipe, {
    name: `alexnet (${recipe.name}${halfKernels ? ", half kernels" : ""})`,
    input: { height: inputSize, width: inputSize, channels: 3 },
    columns: halfKernels ? 1 : 2,
    convolutions,
    units: [scaled(4096), scaled(4096)],
    classes,
    dropout,
    initialization: "recipe",
  });
  return createModel(architecture, options);
}
