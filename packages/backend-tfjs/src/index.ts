// WASM SIMD through the kernels of @tensorflow/tfjs-backend-wasm, and kernels compiled at load time over the same heap.
export { tfjsBackend } from "./backend.ts";
export { openTfjs, type TfjsOptions } from "./device.ts";
export { referenceLoops } from "./kernels/index.ts";
