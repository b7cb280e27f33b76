// Whether Dawn loads, a Vulkan loader is found, and which adapters its drivers bring.
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { type Capabilities, findAdapters } from "@tandem/backend-webgpu";
import { TandemError } from "@tandem/core";
import type { Finding } from "../finding.ts";
import { loadedLibraries } from "./system.ts";

export type Search =
  | { readonly kind: "found"; readonly adapters: readonly Capabilities[] }
  | { readonly kind: "failed"; readonly message: string };

export interface DriverFacts {
  /** Paths of what is loaded after the search. */
  readonly libraries: readonly string[];
  /** GPUs that the kernel knows of: nodes in /dev. */
  readonly deviceNodes: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

export async function searchAdapters(): Promise<Search> {
  try {
    return { kind: "found", adapters: await findAdapters() };
  } catch (error) {
    return { kind: "failed", message: error instanceof TandemError ? error.message : String(error) };
  }
}

export function driverFacts(): DriverFacts {
  return { libraries: loadedLibraries(), deviceNodes: deviceNodes(), environment: process.env };
}

/** Pure. */
export function checkAdapters(search: Search, facts: DriverFacts): readonly Finding[] {
  if (search.kind === "failed") return [{ state: "absent", subject: "webgpu", text: search.message }];
  const loader = facts.libraries.find((path) => basename(path).startsWith("libvulkan.so"));
  const { adapters } = search;
  return [
    loader === undefined
      ? {
          state: "absent",
          subject: "libvulkan",
          text: "not found: apt install libvulkan1 (Fedora: vulkan-loader), or an archive made by pnpm bundle --with-vulkan",
        }
      : { state: "fine", subject: "libvulkan", text: loader },
    ...(adapters.length === 0
      ? [{ state: "absent", subject: "adapters", text: ["none", ...adviceFor(facts)].join("\n") } as const]
      : adapters.map((adapter): Finding => ({ state: "fine", subject: "adapter", text: adapterText(adapter) }))),
    ...(adapters.length > 0 && adapters.every(({ isSoftware }) => isSoftware)
      ? [
          {
            state: "absent",
            subject: "GPU",
            text: ["all adapters are software", ...adviceFor(facts)].join("\n"),
          } as const,
        ]
      : []),
  ];
}

function adapterText({
  adapter,
  driver,
  isSoftware,
  f16,
  subgroups,
  timestamps,
  subgroupMatrices,
}: Capabilities): string {
  const features = [
    f16 && "f16",
    subgroups && "subgroups",
    subgroupMatrices.length > 0 && "subgroup matrices",
    timestamps && "timestamps",
  ].filter((feature) => typeof feature === "string");
  return `${adapter}${isSoftware ? ", software" : ""} (${driver}): ${features.join(", ") || "no optional features"}`;
}

function adviceFor({ deviceNodes: nodes, environment }: DriverFacts): readonly string[] {
  const isNvidia = nodes.some((node) => node.startsWith("nvidia"));
  const isDirect = nodes.some((node) => node.startsWith("renderD"));
  const named = environment.VK_DRIVER_FILES ?? environment.VK_ICD_FILENAMES;
  return [
    ...(named === undefined ? [] : [`drivers are looked for in ${named} only: unset VK_DRIVER_FILES`]),
    ...(isNvidia
      ? [
          "an NVIDIA GPU is here: its driver needs its Vulkan part (libGLX_nvidia.so.0 and nvidia_icd.json)",
          "in a container: docker run --gpus all -e NVIDIA_DRIVER_CAPABILITIES=all",
        ]
      : []),
    ...(isDirect && !isNvidia
      ? ["a GPU is here: apt install mesa-vulkan-drivers for AMD and Intel, and may this user open /dev/dri/renderD*?"]
      : []),
    ...(!isNvidia && !isDirect
      ? ["the kernel knows of no GPU: neither /dev/nvidia* nor /dev/dri/renderD* exists"]
      : []),
  ];
}

function deviceNodes(): readonly string[] {
  const list = (folder: string): readonly string[] => {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  };
  return [...list("/dev").filter((name) => name.startsWith("nvidia")), ...list("/dev/dri")];
}
