// What a kernel is: the types it accepts, the workspace it needs, and the launches that run a step.
import type { ArrayType, Attributes, Step } from "@tandem/core";
import type { Launch } from "./launch.ts";

/** The part of a step that does not depend on the program around it. */
export type StepShape = Pick<Step, "op" | "inputs" | "outputs" | "attributes">;

/** Where launches are to run. */
export interface LaunchTarget {
  /** Whether the memory is shared between threads: a module has to import it as what it is. */
  readonly sharedMemory: boolean;
}

/** All functions are pure. */
export interface KernelDefinition {
  /** Exact: what is accepted here runs. */
  supports(inputs: readonly ArrayType[], outputs: readonly ArrayType[], attributes: Attributes): boolean;
  /** Bytes of workspace that the threads share while the step runs; none by default. */
  scratchBytes?(step: StepShape): number;
  launches(step: StepShape, target: LaunchTarget): readonly Launch[];
}

/** Types whose elements are 32-bit words. */
export function areWords(types: readonly ArrayType[]): boolean {
  return types.every(({ dtype }) => dtype === "f32" || dtype === "i32" || dtype === "u32" || dtype === "bool");
}

export function areFloats(types: readonly ArrayType[]): boolean {
  return types.every(({ dtype }) => dtype === "f32");
}
