// Kernels as WebAssembly SIMD, compiled for the shapes of a program when it is loaded.
export { areFloats, areWords, type KernelDefinition, type StepShape } from "./kernel.ts";
export type { Launch, LaunchArgument, LaunchFunction } from "./launch.ts";
