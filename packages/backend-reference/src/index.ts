// Every primitive in plain loops, float32 or float64: the meaning of each operation.
export { openReference, type ReferenceOptions, referenceBackend } from "./backend.ts";
export { referenceKernels } from "./kernels.ts";
