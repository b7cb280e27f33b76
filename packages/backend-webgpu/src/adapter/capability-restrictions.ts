// Treats an adapter as if it could less: for tests, and for features that a driver has and gets wrong.
import type { Capabilities, CapabilityLimits } from "../capabilities.ts";

export interface CapabilityRestrictions {
  readonly f16?: false;
  readonly subgroups?: false;
  readonly subgroupMatrices?: false;
  readonly timestamps?: false;
  /** Lower limits; for `offsetAlignment`, a higher one. */
  readonly limits?: Partial<CapabilityLimits>;
}

export function restrictCapabilities(capabilities: Capabilities, restrictions: CapabilityRestrictions): Capabilities {
  const { subgroups, limits, ...rest } = capabilities;
  const least = (name: keyof CapabilityLimits): number =>
    Math.min(limits[name], restrictions.limits?.[name] ?? Number.POSITIVE_INFINITY);
  return {
    ...rest,
    ...(subgroups !== undefined && restrictions.subgroups === undefined && { subgroups }),
    f16: capabilities.f16 && restrictions.f16 === undefined,
    timestamps: capabilities.timestamps && restrictions.timestamps === undefined,
    subgroupMatrices: restrictions.subgroupMatrices === undefined ? capabilities.subgroupMatrices : [],
    limits: {
      bindingBytes: least("bindingBytes"),
      bufferBytes: least("bufferBytes"),
      storageBindings: least("storageBindings"),
      workgroupBytes: least("workgroupBytes"),
      invocations: least("invocations"),
      workgroupsPerAxis: least("workgroupsPerAxis"),
      offsetAlignment: Math.max(limits.offsetAlignment, restrictions.limits?.offsetAlignment ?? 0),
    },
  };
}
