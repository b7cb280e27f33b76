// Layers, initialisers, losses, optimisers and schedules, as functions over explicit parameters.
export { type AdamOptions, type AdamSlot, adam } from "./adam.ts";
export { allReduce } from "./all-reduce.ts";
export { dataParallelGradients, type Replica, type ReplicaGradient, replicate } from "./data-parallel.ts";
export { type FiniteGuard, finiteGuard } from "./finite-guard.ts";
export { initialize } from "./initialize.ts";
export { convolution, type LayerParameters, linear } from "./layers.ts";
export {
  countPlateaus,
  type LearningRateSchedule,
  learningRateAt,
  type TrainingProgress,
} from "./learning-rate-schedule.ts";
export { crossEntropyLoss, weightedMean } from "./loss.ts";
export {
  type LossScale,
  type LossScaling,
  type LossScalingOptions,
  lossScaling,
  type ScaledGradients,
} from "./loss-scaling.ts";
export { type MapNormalizationOptions, mapNormalization } from "./map-normalization.ts";
export {
  defineOptimizer,
  mapState,
  type Optimizer,
  type OptimizerDefinition,
  type OptimizerOptions,
  type OptimizerState,
  type UpdateContext,
  type UpdateOptions,
} from "./optimizer.ts";
export {
  type Initializer,
  isParameterSpec,
  type ParameterSpec,
  type ParameterTree,
  plainRule,
  type UpdateRule,
} from "./parameter.ts";
export { type SgdOptions, sgd } from "./sgd.ts";
export { type Shard, shardsOf } from "./shards.ts";
export { labelRank, topKErrors } from "./top-k-error.ts";
