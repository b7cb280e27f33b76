// WGSL kernels on WebGPU devices: Dawn on Node, the browser's own elsewhere.
export type { CapabilityRestrictions } from "./adapter/capability-restrictions.ts";
export { findAdapters } from "./adapter/find-adapters.ts";
export { webgpuBackend, webgpuBackendFor } from "./backend.ts";
export { type Capabilities, type CapabilityLimits, leastCapabilities } from "./capabilities.ts";
export type { WebgpuDevice } from "./device/webgpu-device.ts";
export { openWebgpu, type WebgpuOptions } from "./open.ts";
export { type Way, waysToRun } from "./programs/ways-to-run.ts";
export type { TuneMode, TuningChoice } from "./tuning/tuner.ts";
export type { TuningRecord } from "./tuning/tuning-record.ts";
