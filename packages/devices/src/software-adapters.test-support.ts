// The adapters that tests of WebGPU run on: those that compute on the CPU, so that results are the same everywhere.
import { findAdapters } from "@tandem/backend-webgpu";

/** Their names. Where there are fewer than `wanted` a line says that tests are left out; on CI that is an error. */
export async function softwareAdapters(wanted: number): Promise<readonly string[]> {
  const found = await findAdapters().catch(() => []);
  const names = found.filter(({ isSoftware }) => isSoftware).map(({ adapter }) => adapter);
  if (names.length >= wanted) return names;
  const missing = `${wanted} adapters that are software are needed, found ${names.length}: VK_DRIVER_FILES names drivers`;
  if (process.env.CI !== undefined) throw new Error(missing);
  console.warn(`Tests of WebGPU are left out: ${missing}`);
  return names;
}
