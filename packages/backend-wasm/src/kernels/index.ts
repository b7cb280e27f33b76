// The kernels of this backend, by the op they run.
import { generatedKernels, type KernelDefinition } from "@tandem/wasm-codegen";

export const kernels: ReadonlyMap<string, KernelDefinition> = generatedKernels;
