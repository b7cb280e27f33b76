// Looks for adapters, which loads native code: only where something depends on what is found.
import { type Capabilities, findAdapters } from "@tandem/backend-webgpu";

export interface AdapterSearch {
  /** GPUs first. */
  readonly adapters: readonly Capabilities[];
  /** Why looking itself went wrong, in one line. */
  readonly searchFailure?: string;
}

export async function searchAdapters(): Promise<AdapterSearch> {
  try {
    return { adapters: await findAdapters() };
  } catch (error) {
    const [searchFailure = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    return { adapters: [], searchFailure };
  }
}
