// WGSL kernels on WebGPU devices: Dawn on Node, the browser's own elsewhere.
export { webgpuBackend, webgpuBackendFor } from "./backend.ts";
export { type Capabilities, type CapabilityLimits, leastCapabilities } from "./capabilities.ts";
