// What a kernel is: the types it accepts, the workspace it needs, and the dispatches that run a step.
import type { ArrayType, Attributes, Step } from "@tandem/core";
import type { Capabilities } from "./capabilities.ts";
import type { Dispatch } from "./shader/dispatch.ts";

/** The part of a step that does not depend on the program around it. */
export type StepShape = Pick<Step, "op" | "inputs" | "outputs" | "attributes">;

/** What a kernel is asked whether it accepts. */
export interface Signature {
  readonly inputs: readonly ArrayType[];
  readonly outputs: readonly ArrayType[];
  readonly attributes: Attributes;
}

/** All functions are pure. */
export interface KernelDefinition {
  /** Exact: what is accepted here runs on every adapter with these capabilities. */
  supports(signature: Signature, capabilities: Capabilities): boolean;
  /** Bytes of workspace while the step runs, enough for every variant; none by default. */
  scratchBytes?(step: StepShape, capabilities: Capabilities): number;
  /**
   * Names of the ways to compute it, all of them right, the first one the choice where nothing is measured. Names are stable: they
   * are what tuning remembers. One way without a name by default.
   */
  variants?(step: StepShape, capabilities: Capabilities): readonly string[];
  /** `variant` is one of `variants`; the first one by default. Dispatches run in order, each seeing what those before it wrote. */
  dispatches(step: StepShape, capabilities: Capabilities, variant?: string): readonly Dispatch[];
}

/** Kernels by the ops they run. */
export type KernelTable = ReadonlyMap<string, KernelDefinition>;

/** Whether kernels for these capabilities can hold elements of the types in storage. */
export function areStorable(types: readonly ArrayType[], { f16 }: Capabilities): boolean {
  return types.every(({ dtype }) => dtype !== "f64" && (dtype !== "f16" || f16));
}
