// From an adapter to what this package knows of it, and from that to what a device is asked for.
import type { Capabilities, SubgroupMatrixConfiguration } from "../capabilities.ts";

/** WebGPU's names of the limits that matter here. */
const limitNames = [
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupsPerDimension",
  "minStorageBufferOffsetAlignment",
] as const satisfies readonly (keyof GPUSupportedLimits)[];

const SUBGROUP_MATRIX = "chromium-experimental-subgroup-matrix";

/** What browsers and drivers call themselves that compute on the CPU. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|microsoft basic render/i;

/** The part of Dawn's and Chromium's information that the type definitions do not have. */
interface ExperimentalInfo {
  readonly subgroupMatrixConfigs?: Iterable<{
    readonly componentType: string;
    readonly resultComponentType: string;
    readonly M: number;
    readonly N: number;
    readonly K: number;
  }>;
}

/** `name` as the driver says it; where the platform does not tell, what the adapter says of itself. */
export function capabilitiesOf(adapter: GPUAdapter, name?: string): Capabilities {
  const { info, features, limits } = adapter;
  const called =
    name ?? ([info.description, info.device, `${info.vendor} ${info.architecture}`.trim()].find(Boolean) || "GPU");
  const has = (feature: string): boolean => features.has(feature);
  const { subgroupMinSize: smallest, subgroupMaxSize: largest } = info;
  return {
    adapter: called,
    driver: info.description || "unknown",
    vendor: info.vendor || "unknown",
    isSoftware: info.isFallbackAdapter || SOFTWARE.test(`${called} ${info.device} ${info.description}`),
    f16: has("shader-f16"),
    ...(has("subgroups") && smallest !== undefined && largest !== undefined && { subgroups: { smallest, largest } }),
    subgroupMatrices: has(SUBGROUP_MATRIX) ? subgroupMatrices(info) : [],
    timestamps: has("timestamp-query"),
    limits: {
      bindingBytes: limits.maxStorageBufferBindingSize,
      bufferBytes: limits.maxBufferSize,
      storageBindings: limits.maxStorageBuffersPerShaderStage,
      workgroupBytes: limits.maxComputeWorkgroupStorageSize,
      invocations: Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX),
      workgroupsPerAxis: limits.maxComputeWorkgroupsPerDimension,
      offsetAlignment: limits.minStorageBufferOffsetAlignment,
    },
  };
}

function subgroupMatrices(info: GPUAdapterInfo & ExperimentalInfo): readonly SubgroupMatrixConfiguration[] {
  const isFloat = (type: string): type is "f16" | "f32" => type === "f16" || type === "f32";
  return [...(info.subgroupMatrixConfigs ?? [])].flatMap(({ componentType, resultComponentType, M: m, N: n, K: k }) =>
    isFloat(componentType) && isFloat(resultComponentType) ? [{ componentType, resultComponentType, m, n, k }] : [],
  );
}

/** All that `capabilities` uses, and the adapter's own limits instead of the specification's defaults. */
export function deviceDescriptorFor(
  adapter: GPUAdapter,
  { f16, subgroups, subgroupMatrices: matrices, timestamps }: Capabilities,
  label: string,
): GPUDeviceDescriptor {
  const experimental: Iterable<string> = matrices.length > 0 ? [SUBGROUP_MATRIX] : [];
  return {
    label,
    requiredFeatures: [
      ...(f16 ? (["shader-f16"] as const) : []),
      ...(subgroups === undefined ? [] : (["subgroups"] as const)),
      ...(timestamps ? (["timestamp-query"] as const) : []),
      ...(experimental as Iterable<GPUFeatureName>),
    ],
    requiredLimits: Object.fromEntries(limitNames.map((name) => [name, adapter.limits[name]])),
  };
}
