// Every primitive in plain loops: the meaning of each operation.
export { openReference, type ReferenceOptions, referenceBackend } from "./backend.ts";
export { referenceKernels } from "./kernels.ts";
