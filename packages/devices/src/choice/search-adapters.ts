// Looks for adapters, which loads native code: only where something depends on what is found.
import { type Capabilities, findAdapters, openWebgpu } from "@tandem/backend-webgpu";

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

/** What a device on an adapter fails with where there is none: what was looked for, and what to install. */
export async function whyNoAdapter(): Promise<string> {
  try {
    const devices = await openWebgpu();
    await Promise.all(devices.map((device) => device[Symbol.asyncDispose]()));
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
