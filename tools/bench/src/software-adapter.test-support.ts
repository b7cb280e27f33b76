// The adapter that tests of WebGPU run on: one that computes on the CPU, so that it does not matter which machine they run on.
import { findAdapters } from "@tandem/backend-webgpu";

/** Its name. Where there is none a line says that tests are left out; on CI that is an error. */
export async function softwareAdapter(): Promise<string | undefined> {
  const found = await findAdapters().catch(() => []);
  const adapter = found.find(({ isSoftware }) => isSoftware)?.adapter;
  if (adapter !== undefined) return adapter;
  const missing = "there is no adapter that is software: VK_DRIVER_FILES names its driver";
  if (process.env.CI !== undefined) throw new Error(missing);
  console.warn(`Tests of WebGPU are left out: ${missing}`);
  return undefined;
}
