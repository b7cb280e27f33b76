// All that a step could become on an adapter, for tools and tests that look at shaders without running them.
import type { Capabilities } from "../capabilities.ts";
import type { StepShape } from "../kernel.ts";
import { kernels } from "../kernels/index.ts";
import type { Dispatch } from "../shader/dispatch.ts";
import { faultOf } from "./dispatch-fault.ts";

/** One variant of a step's kernel. */
export interface Way {
  /** `undefined` where the kernel knows one way only. */
  readonly variant: string | undefined;
  readonly dispatches: readonly Dispatch[];
  /** Why an adapter with these capabilities would refuse one of the dispatches; `undefined` where it would not. */
  readonly fault: string | undefined;
}

/** Every variant of the kernel that runs a step; none where no kernel does. */
export function waysToRun(step: StepShape, capabilities: Capabilities): readonly Way[] {
  const kernel = kernels.get(step.op);
  if (kernel === undefined) return [];
  const variants = kernel.variants?.(step, capabilities) ?? [undefined];
  return variants.map((variant) => {
    const dispatches = kernel.dispatches(step, capabilities, variant);
    const faults = dispatches.flatMap((dispatch) => faultOf(dispatch, capabilities.limits) ?? []);
    return { variant, dispatches, fault: faults[0] };
  });
}
