// AlexNet for small pictures: every ingredient of the paper at a size that a few CPU cores train in minutes.
import { alexnetArchitecture, type ConvolutionSize, type Initialization } from "./alexnet-layers.ts";
import { symmetricPadding } from "./architecture.ts";
import { createModel, type Model, type ModelOptions } from "./model.ts";
import { type RecipeName, recipes } from "./recipe.ts";

export interface MiniAlexnetOptions extends ModelOptions {
  readonly recipe?: RecipeName;
  readonly classes: number;
  /** Side of the pictures, 24 to 64; 24 by default. */
  readonly inputSize?: number;
  /** Maps of conv1, conv2, ...: three to five layers, the last of which pools. 16, 32, 48, 48, 32 by default. */
  readonly maps?: readonly number[];
  /** Of conv1; by default 5, and a stride of 1 for pictures up to 32, else 2. */
  readonly firstKernel?: number;
  readonly firstStride?: number;
  /** Of conv2; 5 by default. The later ones are 3x3. */
  readonly secondKernel?: number;
  /** Of fc6 and fc7; 256 each by default. */
  readonly units?: readonly [number, number];
  /** 0.5 by default; 0 leaves dropout out. */
  readonly dropout?: number;
  /** `he` by default: the recipes' deviations suit the full-size network's fan-ins. */
  readonly initialization?: Initialization;
}

/** Throws ShapeError where the pictures are too small for the layers, or maps do not divide between two columns. */
export function miniAlexnet(options: MiniAlexnetOptions): Model {
  const {
    recipe: recipeName = "paper",
    inputSize = 24,
    maps = [16, 32, 48, 48, 32],
    firstKernel = 5,
    firstStride = inputSize > 32 ? 2 : 1,
    secondKernel = 5,
    units = [256, 256],
    dropout = 0.5,
    initialization = "he",
    classes,
  } = options;
  const recipe = recipes[recipeName];
  const sizeOf = (count: number, index: number): ConvolutionSize => {
    const kernel = index === 0 ? firstKernel : index === 1 ? secondKernel : 3;
    const padding = symmetricPadding(Math.floor(kernel / 2));
    return { maps: count, kernel, stride: index === 0 ? firstStride : 1, padding };
  };
  const architecture = alexnetArchitecture(recipe, {
    name: `mini alexnet (${recipe.name})`,
    input: { height: inputSize, width: inputSize, channels: 3 },
    columns: 2,
    convolutions: maps.map(sizeOf),
    units,
    classes,
    dropout,
    initialization,
  });
  return createModel(architecture, options);
}
