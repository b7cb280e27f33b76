// Adam (Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015), with decay as part of the gradient.
import { map, operand, type Scalar, type Tensor } from "@tandem/core";
import {
  defineOptimizer,
  type Optimizer,
  type OptimizerOptions,
  type OptimizerState,
  type UpdateContext,
} from "./optimizer.ts";

export interface AdamOptions extends OptimizerOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Added to the gradient as weightDecay times the parameter; 0 by default. */
  readonly weightDecay?: number;
}

/** `updates` counts the updates of each parameter beside it (an f32 scalar), so that no device waits for another's count. */
export type AdamSlot = "firstMoments" | "secondMoments" | "updates";

export function adam({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0,
  ...options
}: AdamOptions = {}): Optimizer<AdamSlot> {
  return defineOptimizer(
    {
      slots: { firstMoments: (parameter) => parameter, secondMoments: (parameter) => parameter, updates: () => [] },
      updateParameter: (context) => adamUpdate(context, { beta1, beta2, epsilon, weightDecay }),
    },
    options,
  );
}

function adamUpdate(
  { parameter, slots, gradient, learningRate, rule, accept }: UpdateContext<AdamSlot>,
  { beta1, beta2, epsilon, weightDecay }: Required<Omit<AdamOptions, "ruleOf">>,
): OptimizerState<Tensor, AdamSlot> {
  const condition = accept === undefined ? [] : [accept];
  const counted = map([slots.updates, learningRate, ...condition], (scalars, builder) => {
    const [count, rate, isAccepted] = [operand(scalars, 0), operand(scalars, 1), scalars[2]];
    const next = count.add(1);
    const correction = (beta: number): Scalar => builder.constant(beta, count.dtype).pow(next).neg().add(1);
    const step = rate.mul(rule.learningRate).div(correction(beta1));
    return [isAccepted === undefined ? next : isAccepted.select(next, count), step, correction(beta2).sqrt()];
  });
  const [updates, stepSize, rootCorrection] = [operand(counted, 0), operand(counted, 1), operand(counted, 2)];

  const operands = [parameter, slots.firstMoments, slots.secondMoments, gradient, stepSize, rootCorrection];
  const updated = map([...operands, ...condition], (scalars) => {
    const [w, m, v, g] = [operand(scalars, 0), operand(scalars, 1), operand(scalars, 2), operand(scalars, 3)];
    const [step, root, isAccepted] = [operand(scalars, 4), operand(scalars, 5), scalars[6]];
    const slope = w.mul(weightDecay * rule.decay).add(g);
    const first = m.mul(beta1).add(slope.mul(1 - beta1));
    const second = v.mul(beta2).add(slope.mul(slope).mul(1 - beta2));
    const moved = w.sub(step.mul(first).div(second.sqrt().div(root).add(epsilon)));
    if (isAccepted === undefined) return [moved, first, second];
    return [isAccepted.select(moved, w), isAccepted.select(first, m), isAccepted.select(second, v)];
  });
  return {
    parameters: operand(updated, 0),
    firstMoments: operand(updated, 1),
    secondMoments: operand(updated, 2),
    updates,
  };
}
