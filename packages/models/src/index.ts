// AlexNet and its kin.
export { type AlexnetOptions, alexnet } from "./alexnet.ts";
export { type AlexnetSizes, alexnetArchitecture, type ConvolutionSize, type Initialization } from "./alexnet-layers.ts";
export * from "./architecture.ts";
export { describe, multiplyAddCount, parameterCount } from "./describe.ts";
export type { Mode, Precision } from "./forward.ts";
export { type FourLayerOptions, fourLayer } from "./four-layer.ts";
export { geometryOf, type LayerGeometry } from "./geometry.ts";
export { type MiniAlexnetOptions, miniAlexnet } from "./mini-alexnet.ts";
export { createModel, type ErrorSums, type LabelledImages, type Model, type ModelOptions } from "./model.ts";
export type { LayerTree, ModelParameters, TowerTree } from "./parameters.ts";
export { type Recipe, type RecipeName, type ResponseNormalization, recipes, type TrainingRecipe } from "./recipe.ts";
