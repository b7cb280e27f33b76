// The platform in a browser: WebGPU is `navigator.gpu`, adapters have no names before they are asked for, and there is no disk.
import { BackendError } from "@tandem/core";
import type { Host } from "./host.ts";

interface BrowserScope {
  readonly navigator?: { readonly gpu?: GPU; readonly deviceMemory?: number };
}

const scope = globalThis as unknown as BrowserScope;

export const host: Host = {
  adapterNames: async () => undefined,

  async requestAdapter({ kind }) {
    const gpu = scope.navigator?.gpu;
    if (gpu === undefined) {
      throw new BackendError("this browser has no WebGPU here", {
        hint: "use a page served by https or from localhost in a browser with WebGPU, or the backend wasm",
      });
    }
    if (kind === "null") throw new BackendError("only Dawn on Node has the adapter `null`");
    return gpu.requestAdapter({ powerPreference: "high-performance" });
  },

  memoryBytes() {
    const gibibytes = scope.navigator?.deviceMemory;
    return gibibytes === undefined ? undefined : gibibytes * 2 ** 30;
  },

  driverAdvice: {
    lookedFor: () => "an adapter of navigator.gpu",
    install: [
      "turn hardware acceleration on in the browser's settings, and look at chrome://gpu",
      "Chromium on Linux: start it with --enable-unsafe-webgpu",
    ],
  },

  readText: async () => undefined,
  writeText: async () => undefined,
  tuningFile: undefined,
};
