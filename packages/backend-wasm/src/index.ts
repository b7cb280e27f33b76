// Our own WASM SIMD kernels, on as many threads as there are cores.
export {};
