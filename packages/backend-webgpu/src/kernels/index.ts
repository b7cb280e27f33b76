// The kernels by the ops they run: the one list of them.
import type { KernelDefinition } from "../kernel.ts";

export const kernels: ReadonlyMap<string, KernelDefinition> = new Map<string, KernelDefinition>([]);
