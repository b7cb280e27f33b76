// A test of loss and gradients for NaN and infinity, so that one bad step does not destroy the parameters.
import { isNonFinite, isTensor, leaves, not, scope, sum, type Tensor } from "@tandem/core";

export interface FiniteGuard {
  /** Bool scalar on the loss's device: whether the update is made. */
  readonly accept: Tensor;
  /** The same on another device. */
  acceptOn(device: string): Tensor;
}

/**
 * Tests the loss and every gradient of a tree of tensors. It costs one sum over each gradient: a sum is not finite if one of its terms is not (or if it
 * overflows, which is as good a reason to stop). With parameters on several devices each sends the others one number, so that
 * all of them decide alike; and no update can start before the last gradient is there.
 */
export function finiteGuard(loss: Tensor, gradients: unknown): FiniteGuard {
  return scope("guard", () => {
    const totals = new Map<string, Tensor>([[loss.device, loss]]);
    for (const { leaf } of leaves<Tensor>(gradients, isTensor)) {
      const before = totals.get(leaf.device);
      totals.set(leaf.device, before === undefined ? sum(leaf) : before.add(sum(leaf)));
    }
    const decisions = new Map(
      [...totals.keys()].map((device) => {
        const total = [...totals.values()].map((part) => part.to(device)).reduce((so, part) => so.add(part));
        return [device, not(isNonFinite(total))] as const;
      }),
    );
    const accept = decisions.get(loss.device) ?? not(isNonFinite(loss));
    return { accept, acceptOn: (device) => decisions.get(device) ?? accept.to(device) };
  });
}
