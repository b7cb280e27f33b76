// What this backend runs; everything the compiler asks before a device is opened.
import type { Backend } from "@tandem/core";
import { kernels } from "./kernels/index.ts";
import { SLOT_ALIGNMENT } from "./memory/layout.ts";

/** f32, i32, u32 and bool; f64 is the reference backend's alone. */
export const wasmBackend: Backend = {
  name: "wasm",
  memory: "slots",
  slotAlignment: SLOT_ALIGNMENT,
  supports: (op, inputs, outputs, attributes) => kernels.get(op)?.supports(inputs, outputs, attributes) ?? false,
  scratchBytes: (step) => kernels.get(step.op)?.scratchBytes?.(step) ?? 0,
};
