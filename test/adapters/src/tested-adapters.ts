// The WebGPU adapters that tests run on: Vulkan drivers that compute on the CPU, so that results are the same on every machine.

/** A part of each one's name. The first has no f16, the second one has. */
export const softwareAdapters = ["SwiftShader", "llvmpipe"] as const;
export type SoftwareAdapter = (typeof softwareAdapters)[number];

/**
 * Those of the software adapters that are among `names`, as drivers call them. What is missing goes untested, and the reason is
 * printed; where the environment says that this is CI, it is an error.
 */
export function testedAdapters(
  names: readonly string[],
  environment: { readonly CI?: string | undefined } = process.env,
): readonly SoftwareAdapter[] {
  const isPresent = (adapter: string): boolean => names.some((name) => name.includes(adapter));
  const missing = softwareAdapters.filter((adapter) => !isPresent(adapter));
  if (missing.length > 0) {
    const reason = `webgpu is not tested on ${missing.join(" and ")}: install chromium, libvulkan1 and Mesa's Vulkan drivers, or name drivers with VK_DRIVER_FILES`;
    if (environment.CI !== undefined) throw new Error(reason);
    console.warn(reason);
  }
  return softwareAdapters.filter(isPresent);
}
