// From a built repository to an archive.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildBundledPeers } from "@tandem/tool-bench";
import { chooseCompression } from "./archive/compression.ts";
import { writeArchive } from "./archive/write-archive.ts";
import { bundleContents } from "./contents/bundle-contents.ts";
import { packNode } from "./contents/node-binary.ts";
import { findVulkanLoader, vulkanLoaderLicence } from "./contents/vulkan-loader.ts";
import { thisNode } from "./this-node.ts";

export interface BundleRequest {
  readonly repository: string;
  /** Absolute; its ending says how it is compressed. */
  readonly out: string | undefined;
  /** Absolute and without ending: what is written where `out` is not given. */
  readonly defaultOut: string;
  readonly withVulkan: boolean;
  readonly preset: number;
  readonly say: (line: string) => void;
}

/** What the archive unpacks to. */
export const BUNDLE_FOLDER = "tandem-linux-x64";
/** What such archives may have. */
const MOST_BYTES = 60e6;

/** Resolves to the archive's path. Rejects with UsageError, and leaves nothing, where something is missing or it cannot be written. */
export async function bundle(request: BundleRequest): Promise<string> {
  const { repository, out, defaultOut, withVulkan, preset, say } = request;
  const compression = chooseCompression(out, preset);
  const folder = await mkdtemp(join(tmpdir(), "tandem-bundle-"));
  try {
    const node = await packNode(folder, thisNode());
    for (const { warning } of [compression, node]) if (warning !== undefined) say(warning);
    await buildBundledPeers();
    const loader = withVulkan ? await findVulkanLoader() : undefined;
    const entries = await bundleContents({
      repository,
      node,
      ...(loader !== undefined && { vulkan: { loader, licence: await vulkanLoaderLicence(loader) } }),
    });
    const path = out ?? `${defaultOut}${compression.suffix}`;
    const bytes = await writeArchive(path, BUNDLE_FOLDER, entries, compression);
    say(`${path}: ${(bytes / 1e6).toFixed(1)} MB, ${entries.length} files`);
    if (bytes > MOST_BYTES) say(`That is more than ${MOST_BYTES / 1e6} MB: xz with --preset 6 makes less of it`);
    return path;
  } finally {
    await rm(folder, { recursive: true });
  }
}
