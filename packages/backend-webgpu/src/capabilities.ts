// What an adapter can do, as plain data: all that decides which kernels exist and how they are written.

export interface SubgroupMatrixConfiguration {
  readonly componentType: "f16" | "f32";
  readonly resultComponentType: "f16" | "f32";
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

export interface Capabilities {
  /** As the driver calls itself, such as `NVIDIA H100` or `SwiftShader`. */
  readonly adapter: string;
  readonly driver: string;
  readonly vendor: string;
  /** Whether the "GPU" is a program on the CPU: correct, and not worth tuning for. */
  readonly isSoftware: boolean;
  /** `shader-f16`: f16 in storage and arithmetic. */
  readonly f16: boolean;
  /** Invocations of a subgroup, where subgroup operations exist. */
  readonly subgroups?: { readonly smallest: number; readonly largest: number };
  /** `chromium-experimental-subgroup-matrix`; empty where it does not exist. */
  readonly subgroupMatrices: readonly SubgroupMatrixConfiguration[];
  /** `timestamp-query`. */
  readonly timestamps: boolean;
  readonly limits: CapabilityLimits;
}

export interface CapabilityLimits {
  /** Bytes of one storage binding. A larger tensor is bound in several windows. */
  readonly bindingBytes: number;
  /** Bytes of one buffer, and so of one tensor. */
  readonly bufferBytes: number;
  /** Storage bindings of one kernel. */
  readonly storageBindings: number;
  /** Bytes of workgroup memory. */
  readonly workgroupBytes: number;
  /** Invocations of one workgroup. */
  readonly invocations: number;
  /** Workgroups of one dispatch along each axis. */
  readonly workgroupsPerAxis: number;
  /** Multiple of bytes that a window into a buffer starts at. */
  readonly offsetAlignment: number;
}

/** What every WebGPU implementation grants: the specification's default limits (gpuweb.github.io/gpuweb, section 3.6.2). */
export const leastCapabilities: Capabilities = {
  adapter: "any",
  driver: "any",
  vendor: "any",
  isSoftware: false,
  f16: false,
  subgroupMatrices: [],
  timestamps: false,
  limits: {
    bindingBytes: 2 ** 27,
    bufferBytes: 2 ** 28,
    storageBindings: 8,
    workgroupBytes: 2 ** 14,
    invocations: 256,
    workgroupsPerAxis: 65535,
    offsetAlignment: 256,
  },
};
