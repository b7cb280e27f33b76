// The adapters that tests of WebGPU run on.
import { findAdapters } from "@tandem/backend-webgpu";
import { testedAdapters } from "@tandem/test-adapters";

/** Their names, as drivers call them. */
export async function softwareAdapters(): Promise<readonly string[]> {
  const names = (await findAdapters().catch(() => [])).map(({ adapter }) => adapter);
  const tested = testedAdapters(names);
  return names.filter((name) => tested.some((adapter) => name.includes(adapter)));
}
