// The WebGPU adapters that tests are run on: two Vulkan drivers that compute on the CPU, of which results are the same everywhere.
import { findAdapters } from "@tandem/backend-webgpu";

/** A part of its name, for each; the first one has no f16, the second one has. */
const softwareAdapters = ["SwiftShader", "llvmpipe"] as const;
export type SoftwareAdapter = (typeof softwareAdapters)[number];

/**
 * Those of the software adapters that this machine has. What is missing goes untested, and the reason is printed; where the
 * environment says that this is CI, it is an error.
 */
export async function testedAdapters(): Promise<readonly SoftwareAdapter[]> {
  const found = await findAdapters();
  const isPresent = (name: string): boolean => found.some(({ adapter }) => adapter.includes(name));
  const missing = softwareAdapters.filter((name) => !isPresent(name));
  if (missing.length > 0) {
    const reason = `webgpu is not tested on ${missing.join(" and ")}: install chromium, libvulkan1 and Mesa's Vulkan drivers, or name drivers with VK_DRIVER_FILES`;
    if (process.env.CI !== undefined) throw new Error(reason);
    console.warn(reason);
  }
  return softwareAdapters.filter(isPresent);
}
