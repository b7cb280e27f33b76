// The identity as far as values go, and a wall to cotangents.
import { defineOp, type Op, operand } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { applyOp1 } from "./apply.ts";

export const stopGradientOp: Op<Record<string, never>> = defineOp<Record<string, never>>({
  name: "stopGradient",
  roles: ["input"],
  infer: (inputs) => [operand(inputs, 0)],
  vjp: () => [undefined],
  decompose: (inputs) => inputs,
  flops: () => 0,
});

/** x, treated as a constant by differentiation. */
export function stopGradient(x: Tensor): Tensor {
  return applyOp1(stopGradientOp, [x], {});
}
