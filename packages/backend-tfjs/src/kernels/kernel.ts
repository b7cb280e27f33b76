// What a kernel is here: the types it accepts, the workspace it needs, and how it gets ready to run a step.
import type { ArrayType, Attributes } from "@tandem/core";
import type { StepShape } from "@tandem/wasm-codegen";
import type { Machine } from "../machine.ts";

/** Runs a step whose operands lie at these addresses of the heap. */
export type PreparedKernel = (inputs: readonly number[], outputs: readonly number[]) => void;

export interface KernelDefinition {
  /** Pure, and exact: what is accepted here runs. */
  supports(inputs: readonly ArrayType[], outputs: readonly ArrayType[], attributes: Attributes): boolean;
  /** Bytes that the kernel allocates while it runs, beside its operands. */
  scratchBytes?(step: StepShape): number;
  prepare(step: StepShape, machine: Machine): PreparedKernel;
}
