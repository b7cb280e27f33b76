// The networks by the names that users write.
import { alexnet, fourLayer, type Model, miniAlexnet } from "@tandem/models";
import type { TrainingConfig } from "./training-config.ts";

export type ModelName = "alexnet-mini" | "alexnet" | "alexnet-half" | "four-layer-relu" | "four-layer-tanh";

/** Of the data. */
export interface ModelInputs {
  readonly classes: number;
  /** Side of the crops. */
  readonly inputSize: number;
}

interface CatalogEntry {
  readonly about: string;
  /** How many towers it has where nothing is said. */
  readonly towers: 1 | 2;
  build(config: Pick<TrainingConfig, "recipe" | "towers" | "precision" | "sizes">, inputs: ModelInputs): Model;
}

const catalog: Readonly<Record<ModelName, CatalogEntry>> = {
  "alexnet-mini": {
    about: "every ingredient of the paper's network, at a size for small pictures and a few cores",
    towers: 2,
    build: ({ recipe, towers, precision, sizes }, inputs) =>
      miniAlexnet({ ...sizes, recipe, towers, precision, ...inputs }),
  },
  alexnet: {
    about: "the paper's network at full size, for pictures of at least 67 pixels a side",
    towers: 2,
    build: ({ recipe, towers, precision }, inputs) => alexnet({ recipe, towers, precision, ...inputs }),
  },
  "alexnet-half": {
    about: "the paper's network for one GPU: half the kernels in conv1 to conv4",
    towers: 1,
    build: ({ recipe, towers, precision }, inputs) =>
      alexnet({ recipe, towers, precision, halfKernels: true, ...inputs }),
  },
  "four-layer-relu": {
    about: "the four-layer network of Figure 1, with ReLU",
    towers: 1,
    build: ({ precision }, inputs) => fourLayer({ activation: "relu", precision, ...inputs }),
  },
  "four-layer-tanh": {
    about: "the four-layer network of Figure 1, with tanh",
    towers: 1,
    build: ({ precision }, inputs) => fourLayer({ activation: "tanh", precision, ...inputs }),
  },
};

export const modelNames: readonly ModelName[] = [
  "alexnet-mini",
  "alexnet",
  "alexnet-half",
  "four-layer-relu",
  "four-layer-tanh",
];

export function aboutModel(name: ModelName): string {
  return catalog[name].about;
}

export function defaultTowers(name: ModelName): 1 | 2 {
  return catalog[name].towers;
}

/** Throws ShapeError for pictures that are too small for the network, UsageError for towers it cannot have. */
export function buildModel(
  config: Pick<TrainingConfig, "model" | "recipe" | "towers" | "precision" | "sizes">,
  inputs: ModelInputs,
): Model {
  return catalog[config.model].build(config, inputs);
}
