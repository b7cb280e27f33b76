// Stochastic gradient descent with momentum and weight decay, as the paper has it (section 5).
import { map, operand, type Tensor } from "@tandem/core";
import {
  defineOptimizer,
  type Optimizer,
  type OptimizerOptions,
  type OptimizerState,
  type UpdateContext,
} from "./optimizer.ts";

export interface SgdOptions extends OptimizerOptions {
  /** 0.9 in the paper; 0 by default. */
  readonly momentum?: number;
  /** 0.0005 in the paper; 0 by default. */
  readonly weightDecay?: number;
  /** Look ahead along the velocity (Sutskever et al., 2013); the paper does not. */
  readonly nesterov?: boolean;
}

/**
 * v <- momentum v - weightDecay lr w - lr g; w <- w + v. With `nesterov`, w moves by momentum v - weightDecay lr w - lr g with the
 * new v instead. A parameter's rule multiplies lr in both terms, and weightDecay.
 */
export function sgd({
  momentum = 0,
  weightDecay = 0,
  nesterov = false,
  ...options
}: SgdOptions = {}): Optimizer<"velocities"> {
  return defineOptimizer(
    {
      slots: { velocities: (parameter) => parameter },
      updateParameter: (context) => sgdUpdate(context, { momentum, weightDecay, nesterov }),
    },
    options,
  );
}

function sgdUpdate(
  { parameter, slots, gradient, learningRate, rule, accept }: UpdateContext<"velocities">,
  { momentum, weightDecay, nesterov }: Required<Omit<SgdOptions, "ruleOf">>,
): OptimizerState<Tensor, "velocities"> {
  const condition = accept === undefined ? [] : [accept];
  const updated = map([parameter, slots.velocities, gradient, learningRate, ...condition], (scalars) => {
    const [w, v, g, rate] = [operand(scalars, 0), operand(scalars, 1), operand(scalars, 2), operand(scalars, 3)];
    const isAccepted = scalars[4];
    const descent = w
      .mul(weightDecay * rule.decay)
      .add(g)
      .mul(rate.mul(rule.learningRate));
    const velocity = v.mul(momentum).sub(descent);
    const moved = w.add(nesterov ? velocity.mul(momentum).sub(descent) : velocity);
    return isAccepted === undefined ? [moved, velocity] : [isAccepted.select(moved, w), isAccepted.select(velocity, v)];
  });
  return { parameters: operand(updated, 0), velocities: operand(updated, 1) };
}
