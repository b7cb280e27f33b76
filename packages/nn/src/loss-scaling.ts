// Dynamic loss scaling: gradients in f16 vanish below 2^-24, so the loss is multiplied by a large power of two before it is
// differentiated, and the gradients of the f32 parameters are divided by it.
// Micikevicius et al., "Mixed precision training", ICLR 2018, section 3.2, with a scale that is found while training.
import {
  type HostTensor,
  hostTensor,
  isTensor,
  type LossResult,
  type MapTree,
  map,
  mapTree,
  operand,
  scope,
  spec,
  type Tensor,
  type TensorType,
  UsageError,
  type ValueAndGradient,
  valueAndGrad,
} from "@tandem/core";
import { type FiniteGuard, finiteGuard } from "./finite-guard.ts";

/** State that moves from step to step beside the optimiser's, on the first device. */
export type LossScale<L> = {
  /** What the loss is multiplied by: f32 scalar, a power of two. */
  readonly scale: L;
  /** Steps since the scale last changed: i32 scalar. */
  readonly goodSteps: L;
};

export interface LossScalingOptions {
  /** A power of two from 1 to 2^24; 2^15 by default. */
  readonly initialScale?: number;
  /** Steps without overflow after which the scale is doubled; 2000 by default. */
  readonly growthInterval?: number;
}

export interface ScaledGradients<P, Aux> extends Omit<ValueAndGradient<P, Aux>, "gradients"> {
  /** Nested as the parameters are. */
  readonly gradients: MapTree<MapTree<P, Tensor, Tensor>, Tensor, Tensor>;
  /** Refuses the update where a scaled gradient left the range of f16: for the optimiser's `update` and for this one's. */
  readonly guard: FiniteGuard;
}

/** All but `initialize` and `specs` are called while tracing. */
export interface LossScaling {
  initialize(): LossScale<HostTensor>;
  specs(): LossScale<TensorType>;
  /** The scalar times the scale, on its device. */
  scale(loss: Tensor, state: LossScale<Tensor>): Tensor;
  /** Every f32 tensor divided by the scale, exactly, on its device. */
  unscale<T>(tree: T, state: LossScale<Tensor>): MapTree<T, Tensor, Tensor>;
  /** Like `valueAndGrad` of core: value and gradients are those of the loss itself, though computed from the scaled one. */
  valueAndGrad<P, Rest extends readonly unknown[], Aux = undefined>(
    loss: (parameters: P, ...rest: Rest) => LossResult<Aux>,
    state: LossScale<Tensor>,
  ): (parameters: P, ...rest: Rest) => ScaledGradients<P, Aux>;
  /** Halves the scale after an overflow, to 1 at least, and doubles it after enough steps without, to 2^24 at most. */
  update(state: LossScale<Tensor>, guard: FiniteGuard): LossScale<Tensor>;
}

const LARGEST_SCALE = 2 ** 24;
/** f32's 1, whose fraction is 0: what is added to it counts in powers of two. */
const ONE_IN_BITS = 0x3f800000;

/** Throws UsageError for a scale that is no power of two from 1 to 2^24, or an interval below 1. */
export function lossScaling({ initialScale = 2 ** 15, growthInterval = 2000 }: LossScalingOptions = {}): LossScaling {
  if (!Number.isInteger(Math.log2(initialScale)) || initialScale < 1 || initialScale > LARGEST_SCALE) {
    throw new UsageError(`the loss's scale must be a power of two from 1 to 2^24, found ${initialScale}`);
  }
  if (!Number.isInteger(growthInterval) || growthInterval < 1) {
    throw new UsageError(`the scale grows after a whole number of steps, 1 or more, found ${growthInterval}`);
  }
  return {
    initialize: () => ({ scale: hostTensor("f32", [], initialScale), goodSteps: hostTensor("i32", [], 0) }),
    specs: () => ({ scale: spec("f32", []), goodSteps: spec("i32", []) }),
    scale: scaleLoss,
    unscale,
    valueAndGrad: scaledValueAndGrad,
    update: (state, guard) => scope("loss scale", () => nextScale(state, guard, growthInterval)),
  };
}

function scaleLoss(loss: Tensor, { scale }: LossScale<Tensor>): Tensor {
  return scope("loss scale", () => loss.mul(scale.to(loss.device)));
}

function unscale<T>(tree: T, { scale }: LossScale<Tensor>): MapTree<T, Tensor, Tensor> {
  return scope("loss scale", () => {
    const inverse = inversePowerOfTwo(scale);
    return mapTree(tree, isTensor, (scaled: Tensor) => scaled.mul(inverse.to(scaled.device)));
  });
}

function scaledValueAndGrad<P, Rest extends readonly unknown[], Aux>(
  loss: (parameters: P, ...rest: Rest) => LossResult<Aux>,
  state: LossScale<Tensor>,
): (parameters: P, ...rest: Rest) => ScaledGradients<P, Aux> {
  return (parameters, ...rest) => {
    const scaledLoss = (at: P): LossResult<{ readonly value: Tensor; readonly aux: Aux }> => {
      const result = loss(at, ...rest);
      const { value, aux } = isTensor(result) ? { value: result, aux: undefined as Aux } : result;
      return { value: scaleLoss(value, state), aux: { value, aux } };
    };
    const { gradients, aux } = valueAndGrad(scaledLoss)(parameters);
    const guard = finiteGuard(aux.value, gradients);
    return { value: aux.value, gradients: unscale(gradients, state), aux: aux.aux, guard };
  };
}

/** 1 / x for a power of two, from the exponent's bits: a GPU's division need not be exact. */
function inversePowerOfTwo(x: Tensor): Tensor {
  const [inverse] = map([x], (scalars, builder) => {
    const bits = operand(scalars, 0).bitcast("u32");
    return [
      builder
        .constant(2 * ONE_IN_BITS, "u32")
        .sub(bits)
        .bitcast("f32"),
    ];
  });
  return inverse ?? x;
}

function nextScale({ scale, goodSteps }: LossScale<Tensor>, guard: FiniteGuard, interval: number): LossScale<Tensor> {
  const next = map([scale, goodSteps, guard.acceptOn(scale.device)], (scalars) => {
    const [old, steps, isGood] = [operand(scalars, 0), operand(scalars, 1), operand(scalars, 2)];
    const counted = steps.add(1);
    const grows = counted.ge(interval);
    const grown = grows.select(old.mul(2).min(LARGEST_SCALE), old);
    return [
      isGood.select(grown, old.mul(0.5).max(1)),
      isGood.select(grows.select(steps.literal(0), counted), steps.literal(0)),
    ];
  });
  return { scale: operand(next, 0), goodSteps: operand(next, 1) };
}
