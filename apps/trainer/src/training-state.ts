// What moves from step to step: parameters, velocities and, where the network computes in f16, the scale of its loss.
import { type HostTensor, mapTree, spec, type TensorType } from "@tandem/core";
import type { LayerTree, Model, ModelParameters } from "@tandem/models";
import {
  isParameterSpec,
  type LossScale,
  type LossScaling,
  lossScaling,
  mapState,
  type Optimizer,
  type OptimizerState,
  replicate,
} from "@tandem/nn";

/** One replica's. Parameters as the model's functions take them, or those of the undivided network. */
export type TrainingState<L, P = ModelParameters<L>> = OptimizerState<P, "velocities"> & {
  readonly lossScale?: LossScale<L>;
};
export type ModelState = TrainingState<HostTensor>;

export interface StateOptions {
  readonly model: Model;
  readonly optimizer: Optimizer<"velocities">;
}

/** How the loss of networks in f16 is scaled. */
export const scaling: LossScaling = lossScaling();

const hasLossScale = ({ precision }: Model): boolean => precision === "f16";

export function initialState({ model, optimizer }: StateOptions, seed: number): ModelState {
  return {
    ...optimizer.initialize(model.initialize(seed)),
    ...(hasLossScale(model) && { lossScale: scaling.initialize() }),
  };
}

/** Types of each replica's state, on its devices. */
export function stateSpecs({ model, optimizer }: StateOptions, replicas: number): readonly TrainingState<TensorType>[] {
  const lossScales = replicate(scaling.specs(), replicas);
  return replicate(model.types, replicas).map((types, replica) => {
    const lossScale = lossScales[replica];
    return { ...optimizer.specs(types), ...(hasLossScale(model) && lossScale !== undefined && { lossScale }) };
  });
}

/** Types of the undivided network's state, as a checkpoint holds it. */
export function canonicalSpecs({ model, optimizer }: StateOptions): TrainingState<TensorType, LayerTree<TensorType>> {
  const types = mapTree(model.parameters, isParameterSpec, ({ shape }): TensorType => spec("f32", shape));
  return { ...optimizer.specs(types), ...(hasLossScale(model) && { lossScale: scaling.specs() }) };
}

/** The state of the undivided network. */
export function canonicalState(model: Model, state: ModelState): TrainingState<HostTensor, LayerTree<HostTensor>> {
  return changeParameters(state, model.merge);
}

/** The inverse of `canonicalState`. */
export function dividedState(model: Model, state: TrainingState<HostTensor, LayerTree<HostTensor>>): ModelState {
  return changeParameters(state, model.split);
}

function changeParameters<A, B>(
  { lossScale, ...state }: TrainingState<HostTensor, A>,
  change: (tree: A) => B,
): TrainingState<HostTensor, B> {
  const { parameters, velocities } = state;
  const changed = mapState<A, B, "velocities">({ parameters, velocities }, change);
  return { ...changed, ...(lossScale !== undefined && { lossScale }) };
}
