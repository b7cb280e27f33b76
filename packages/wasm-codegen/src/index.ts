// Kernels as WebAssembly SIMD, compiled for the shapes of a program when it is loaded.
export { type Code, get, type Local, type Range, set, when } from "./encoding/code.ts";
export { f32x4, i32, v128 } from "./encoding/instructions.ts";
export { Locals, moduleImports } from "./encoding/module.ts";
export { type GeneratedFunction, generatedFunction } from "./generated.ts";
export { areFloats, areWords, type KernelDefinition, type LaunchTarget, type StepShape } from "./kernel.ts";
export { epilogueLaunches, isEpilogueSupported } from "./kernels/epilogue.ts";
export { generatedKernels } from "./kernels/index.ts";
export { compileStridedCopy } from "./kernels/strided-copy.ts";
export type { Launch, LaunchArgument, LaunchFunction } from "./launch.ts";
export { all, elementAt, walkRange } from "./loops/walk.ts";
