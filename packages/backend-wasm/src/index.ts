// Our own WASM SIMD kernels, on as many threads as there are cores.
export { wasmBackend } from "./backend.ts";
export { openWasm, type WasmDevice, type WasmOptions } from "./device.ts";
export type { SimdChoice } from "./library.ts";
export { shareThreads } from "./threads/share-threads.ts";
