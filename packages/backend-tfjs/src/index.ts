// WASM SIMD through the kernels of @tensorflow/tfjs-backend-wasm, and generated kernels over the same heap.
export { tfjsBackend } from "./backend.ts";
export { openTfjs, type TfjsOptions } from "./device.ts";
