// The adapter that tests of WebGPU run on.
import { findAdapters } from "@tandem/backend-webgpu";
import { testedAdapters } from "@tandem/test-adapters";

/** Its name; none where no adapter computes on the CPU. */
export async function softwareAdapter(): Promise<string | undefined> {
  const names = (await findAdapters().catch(() => [])).map(({ adapter }) => adapter);
  const [tested] = testedAdapters(names);
  return tested && names.find((name) => name.includes(tested));
}
