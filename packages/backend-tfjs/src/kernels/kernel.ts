// What a kernel is: the types it accepts, the workspace it needs, and how it gets ready to run a step.
import type { ArrayType, Attributes, Step } from "@tandem/core";
import type { CompiledFunction } from "../assembly/function.ts";
import type { Heap } from "../heap.ts";
import type { Tfjs } from "../tfjs.ts";

/** Runs a step whose operands lie at these addresses of the heap. */
export type PreparedKernel = (inputs: readonly number[], outputs: readonly number[]) => void;

/** Where kernels run. */
export interface Machine {
  readonly heap: Heap;
  readonly tfjs: Tfjs;
  /** The function compiled under this key, compiled now if it is the first to ask. */
  compiled(key: string, compile: (memory: object) => CompiledFunction): CompiledFunction;
}

/** The part of a step that does not depend on the program around it. */
export type StepShape = Pick<Step, "op" | "inputs" | "outputs" | "attributes">;

export interface KernelDefinition {
  /** Pure, and exact: what is accepted here runs. */
  supports(inputs: readonly ArrayType[], outputs: readonly ArrayType[], attributes: Attributes): boolean;
  /** Bytes that the kernel allocates while it runs, beside its operands. */
  scratchBytes?(step: StepShape): number;
  prepare(step: StepShape, machine: Machine): PreparedKernel;
}

/** Types whose elements are 32-bit words. */
export function areWords(types: readonly ArrayType[]): boolean {
  return types.every(({ dtype }) => dtype === "f32" || dtype === "i32" || dtype === "u32" || dtype === "bool");
}

export function areFloats(types: readonly ArrayType[]): boolean {
  return types.every(({ dtype }) => dtype === "f32");
}
