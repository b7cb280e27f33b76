// What this backend runs on an adapter; everything the compiler asks before anything is loaded.
import { type Backend, type MapAttributes, mapOp } from "@tandem/core";
import { type Capabilities, leastCapabilities } from "./capabilities.ts";
import type { KernelTable } from "./kernel.ts";
import { kernels as allKernels } from "./kernels/index.ts";
import { lowerMap } from "./lower/map.ts";
import { SLOT_ALIGNMENT } from "./shader/storage.ts";

/** f32, i32, u32, bool, and f16 where the adapter has it; f64 is the reference backend's alone. */
export function webgpuBackendFor(capabilities: Capabilities, kernels: KernelTable = allKernels): Backend {
  return {
    name: "webgpu",
    memory: "slots",
    slotAlignment: SLOT_ALIGNMENT,
    supports: (op, inputs, outputs, attributes) =>
      kernels.get(op)?.supports({ inputs, outputs, attributes }, capabilities) ?? false,
    lower: (op, inputs, attributes) =>
      op === mapOp.name ? lowerMap(inputs, attributes as MapAttributes, capabilities) : undefined,
    scratchBytes: (step) => kernels.get(step.op)?.scratchBytes?.(step, capabilities) ?? 0,
  };
}

/** The backend as it is on the least adapter that the specification allows. */
export const webgpuBackend: Backend = webgpuBackendFor(leastCapabilities);
