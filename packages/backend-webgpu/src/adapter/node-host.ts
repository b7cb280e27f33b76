// The platform on Node: WebGPU comes from Dawn, in the optional package `webgpu`, which is loaded when it is first asked for.
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { BackendError } from "@tandem/core";
import type { AdapterRequest, Host } from "./host.ts";

/** Timestamps of full precision; subgroup matrices; f16 on NVIDIA's driver, where Dawn leaves it off. */
const FLAGS = [
  "enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia",
  "disable-dawn-features=timestamp_quantization",
];
/** Read by the Vulkan loader and Mesa when an instance looks for its first adapter. */
const DRIVER_VARIABLES = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES", "DRI_PRIME", "MESA_VK_DEVICE_SELECT"];
const NO_SUCH_ADAPTER = "no adapter has this name";

/** Never emptied: a process in which an instance is collected before what came from it crashes. One for each choice is few. */
const instances = new Map<string, GPU>();

async function instanceFor(choice: readonly string[]): Promise<GPU> {
  const key = [...choice, ...DRIVER_VARIABLES.map((name) => process.env[name])].join("\n");
  const known = instances.get(key);
  if (known !== undefined) return known;
  const { create } = await loadDawn();
  const instance = create([...FLAGS, ...choice]);
  instances.set(key, instance);
  return instance;
}

async function loadDawn(): Promise<typeof import("webgpu")> {
  try {
    return await import("webgpu");
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ERR_MODULE_NOT_FOUND";
    throw new BackendError(
      isMissing ? "the package `webgpu` (Dawn) is not installed" : "the package `webgpu` (Dawn) does not load here",
      {
        hint: isMissing
          ? "npm install webgpu, or another backend: TANDEM_BACKEND=wasm"
          : "it needs Linux with glibc 2.34 and libstdc++ of GCC 12, macOS or Windows; TANDEM_BACKEND=wasm needs none",
        cause,
      },
    );
  }
}

/** The names in the message that Dawn refuses an unknown adapter with, one a line: ` * backend: 'vulkan', name: 'NAME'`. */
export function namesIn(message: string): readonly string[] {
  return [...new Set([...message.matchAll(/^ \* backend: '[^']*', name: '(.*)'\r?$/gm)].map(([, name = ""]) => name))];
}

function flagsOf(request: AdapterRequest): readonly string[] {
  switch (request.kind) {
    case "named":
      return [`adapter=${request.name}`];
    case "platform":
      return [];
    case "null":
      return ["backend=null"];
  }
}

export const host: Host = {
  async adapterNames() {
    const instance = await instanceFor([`adapter=${NO_SUCH_ADAPTER}`]);
    try {
      const adapter = await instance.requestAdapter();
      return adapter === null ? [] : undefined;
    } catch (error) {
      return namesIn(error instanceof Error ? error.message : String(error));
    }
  },

  async requestAdapter(request) {
    const instance = await instanceFor(flagsOf(request));
    return instance.requestAdapter({ powerPreference: "high-performance" });
  },

  memoryBytes() {
    const constrained = process.constrainedMemory();
    return constrained !== undefined && constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  },

  driverAdvice: {
    lookedFor() {
      const [variable, files] =
        ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].map((name) => [name, process.env[name]]).find(([, value]) => value) ??
        [];
      return variable === undefined
        ? "a Vulkan driver where the system keeps them, Metal on macOS, D3D12 on Windows"
        : `the Vulkan drivers that ${variable} names: ${files}`;
    },
    install: [
      "Debian, Ubuntu: apt install libvulkan1, and the GPU's driver: nvidia-driver, or mesa-vulkan-drivers for AMD and Intel",
      "Fedora: dnf install vulkan-loader, and the GPU's driver: akmod-nvidia, or mesa-vulkan-drivers for AMD and Intel",
      "macOS: Metal is part of the system: macOS 11 or later on a Mac with a GPU that supports it",
      "Windows: a driver of the GPU's vendor that has Direct3D 12 or Vulkan",
      "a driver elsewhere: VK_DRIVER_FILES=/path/to/its_icd.json",
      "a driver that computes on the CPU, for tests: chromium's vk_swiftshader_icd.json, or Mesa's lvp_icd.json",
    ],
  },

  async readText(path) {
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  },

  async writeText(path, text) {
    const beside = `${path}.${randomUUID()}`;
    await mkdir(dirname(path), { recursive: true });
    try {
      await writeFile(beside, text);
      await rename(beside, path);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
  },

  get tuningFile() {
    const cache = process.env.XDG_CACHE_HOME;
    return join(
      cache === undefined || cache === "" ? join(homedir(), ".cache") : cache,
      "tandem",
      "webgpu-tuning.json",
    );
  },
};
