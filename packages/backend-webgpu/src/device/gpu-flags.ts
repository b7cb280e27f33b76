// The numbers of WebGPU's flags: the specification fixes them, and only browsers have them as globals.

export const bufferUsage = {
  mapRead: 0x1,
  copySource: 0x4,
  copyDestination: 0x8,
  uniform: 0x40,
  storage: 0x80,
  queryResolve: 0x200,
} as const;

/** `GPUMapMode.READ`. */
export const MAP_FOR_READING = 1;

/** `GPUShaderStage.COMPUTE`. */
export const COMPUTE_STAGE = 4;
