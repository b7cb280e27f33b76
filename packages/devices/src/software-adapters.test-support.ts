// The adapters that tests of WebGPU run on: those that compute on the CPU, so that results are the same everywhere.
import { findAdapters } from "@tandem/backend-webgpu";

/** Their names. Where there is none a line says that tests are left out; on CI that is an error. */
export async function softwareAdapters(): Promise<readonly string[]> {
  const found = await findAdapters().catch(() => []);
  const names = found.filter(({ isSoftware }) => isSoftware).map(({ adapter }) => adapter);
  if (names.length > 0) return names;
  const missing = "no software Vulkan driver: VK_DRIVER_FILES names none, and no Chromium or Mesa is installed";
  if (process.env.CI !== undefined) throw new Error(missing);
  console.warn(`Tests of WebGPU are left out: ${missing}`);
  return [];
}
