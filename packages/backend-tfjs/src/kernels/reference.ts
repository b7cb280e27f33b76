// Rare ops run the reference backend's loops, on views of the heap.
import { referenceKernels } from "@tandem/backend-reference";
import { elementCount, hostArray, type Step } from "@tandem/core";
import { areWords } from "@tandem/wasm-codegen";
import type { KernelDefinition } from "./kernel.ts";

export function referenceKernel(op: string): KernelDefinition {
  return {
    supports: areWords,
    prepare(shape, { heap }) {
      const step: Step = { ...shape, id: 0, scope: "", flops: 0, bytesMoved: 0, releases: [] };
      return (inputs, outputs) => {
        const view = (operands: Step["inputs"], addresses: readonly number[]) =>
          operands.map(({ type }, index) =>
            hostArray(type.dtype, elementCount(type.shape), heap.buffer, addresses[index]),
          );
        referenceKernels.get(op)?.(step, view(step.inputs, inputs), view(step.outputs, outputs));
      };
    },
  };
}
