// The platform in a browser. Threads need cross-origin isolation there; without it a device computes on one.
import { BackendError } from "@tandem/core";
import type { HelperThread, Host } from "./host.ts";
import type { FromHelper, ToHelper } from "./threads/messages.ts";

interface BrowserWorker {
  postMessage(message: ToHelper): void;
  terminate(): void;
  onmessage: ((event: { readonly data: FromHelper }) => void) | null;
  onerror: ((event: { readonly message: string }) => void) | null;
}

declare const Worker: new (entry: URL, options: { readonly type: "module"; readonly name: string }) => BrowserWorker;

interface BrowserScope {
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: { readonly hardwareConcurrency?: number };
}

const scope = globalThis as unknown as BrowserScope;

export const host: Host = {
  canShareMemory: scope.crossOriginIsolated === true,
  availableThreads: () => scope.navigator?.hardwareConcurrency ?? 1,

  async readFile(file) {
    const response = await fetch(file);
    if (!response.ok) {
      throw new BackendError(`${file} is missing (${response.status})`, {
        hint: "serve the built kernels beside the code",
      });
    }
    return new Uint8Array(await response.arrayBuffer());
  },

  enableRelaxedSimd() {},

  startHelper(name): HelperThread {
    // Bundlers look for this expression as it stands.
    const worker = new Worker(new URL("../dist/browser-helper.js", import.meta.url), { type: "module", name });
    return {
      post: (message) => worker.postMessage(message),
      onMessage(listener) {
        worker.onmessage = ({ data }) => listener(data);
      },
      onEnd(listener) {
        worker.onerror = ({ message }) => listener(new Error(message));
      },
      release() {},
      stop: async () => worker.terminate(),
    };
  },
};
