// The platform on Node.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { BackendError } from "@tandem/core";
import type { HelperThread, Host } from "./host.ts";

/** Node runs no TypeScript, so that sources, too, start the built thread. */
const helperEntry = new URL("../dist/node-helper.js", import.meta.url);

export const host: Host = {
  canShareMemory: true,
  availableThreads: availableParallelism,

  async readFile(file) {
    requireBuilt(file, "kernels are built by: pnpm build");
    return new Uint8Array(await readFile(file));
  },

  enableRelaxedSimd() {
    setFlagsFromString("--experimental-wasm-relaxed-simd");
  },

  startHelper(name): HelperThread {
    requireBuilt(helperEntry, "threads run built code: pnpm build");
    // The process's own flags may make imports resolve to sources.
    const worker = new Worker(helperEntry, { name, execArgv: [] });
    return {
      post: (message) => worker.postMessage(message),
      onMessage: (listener) => worker.on("message", listener),
      onEnd(listener) {
        worker.on("error", listener);
        worker.on("exit", (code) => listener(new Error(`a thread ended with code ${code}`)));
      },
      release: () => worker.unref(),
      stop: () => worker.terminate().then(() => undefined),
    };
  },
};

function requireBuilt(file: URL, hint: string): void {
  if (!existsSync(file)) throw new BackendError(`${fileURLToPath(file)} is missing`, { hint });
}
