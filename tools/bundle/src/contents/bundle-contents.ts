// Everything that goes into the archive, as entries.
import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import { UsageError } from "@tandem/core";
import { type ArchiveEntry, fingerprintOf } from "../archive/archive-entry.ts";
import { MANIFEST_FILE, type Manifest } from "../doctor/manifest.ts";
import { productionGraph } from "../packages/installed-package.ts";
import { type Layout, placePackages } from "../packages/place-packages.ts";
import { launcherScript, programs } from "./launcher.ts";
import type { NodeBinary } from "./node-binary.ts";
import { readmeText } from "./readme.ts";
import { shippedFiles } from "./shipped-files.ts";
import { VULKAN_LOADER } from "./vulkan-loader.ts";

export interface BundleParts {
  /** The repository's root, built. */
  readonly repository: string;
  readonly node: NodeBinary;
  readonly vulkan?: { readonly loader: string; readonly licence: string | undefined };
}

const DAWN_FOLDER = "node_modules/webgpu/dist/linux-x64";

/** Throws UsageError where something is not installed or not built. */
export async function bundleContents({ repository, node, vulkan }: BundleParts): Promise<readonly ArchiveEntry[]> {
  const available = Object.keys(programs).filter((name) => existsSync(join(repository, mainOf(name))));
  const unbuilt = ["doctor", "start", "bench", "reproduce"].filter((name) => !available.includes(name));
  if (unbuilt.length > 0) {
    throw new UsageError(`not built: ${unbuilt.map(mainOf).join(", ")}`, { hint: "pnpm build" });
  }
  const roots = [...new Set(available.map((name) => join(repository, ...mainOf(name).split("/").slice(0, 2))))];
  const entries: ArchiveEntry[] = [
    text("tandem", launcherScript(available), true),
    text("README", readmeText(available)),
    file("LICENSE", join(repository, "LICENSE")),
    file("NOTICE", join(repository, "NOTICE")),
    file("bin/node", node.binary, true),
    file("bin/LICENSE", node.licence),
    ...packageEntries(placePackages(productionGraph(roots), repository)),
    ...(vulkan === undefined
      ? []
      : [
          file(`${DAWN_FOLDER}/${VULKAN_LOADER}`, vulkan.loader),
          ...(vulkan.licence === undefined ? [] : [file(`${DAWN_FOLDER}/${VULKAN_LOADER}.LICENSE`, vulkan.licence)]),
        ]),
  ];
  if (!entries.some(({ path }) => path === `${DAWN_FOLDER}/dawn.node`)) {
    throw new UsageError("the package webgpu (Dawn) is not installed", { hint: "pnpm install" });
  }
  return [...entries, text(MANIFEST_FILE, `${JSON.stringify(await manifestOf(entries))}\n`)];
}

function packageEntries({ placements, links }: Layout): readonly ArchiveEntry[] {
  return [
    ...placements.flatMap((placement) =>
      shippedFiles(placement).map((path) => file(`${placement.path}/${path}`, join(placement.package.folder, path))),
    ),
    ...links.map(
      ({ path, to }): ArchiveEntry => ({ kind: "link", path, target: posix.relative(posix.dirname(path), to) }),
    ),
  ];
}

async function manifestOf(entries: readonly ArchiveEntry[]): Promise<Manifest> {
  const files: Manifest["files"] = {};
  for (const entry of entries) {
    if (entry.kind !== "link") files[entry.path] = await fingerprintOf(entry);
  }
  return { files };
}

function mainOf(program: string): string {
  return programs[program]?.main ?? "";
}

function file(path: string, from: string, isExecutable = false): ArchiveEntry {
  return { kind: "file", path, from, isExecutable };
}

function text(path: string, content: string, isExecutable = false): ArchiveEntry {
  return { kind: "text", path, text: content, isExecutable };
}
