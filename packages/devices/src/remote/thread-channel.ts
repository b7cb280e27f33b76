// A device's thread.
import { Worker } from "node:worker_threads";
import { builtEntry, requireBuilt } from "./built-entry.ts";
import type { Channel } from "./channel.ts";

/** Starts a thread on `entry`. */
export function startDeviceThread(name: string, entry: URL = builtEntry("remote/device-thread")): Channel {
  requireBuilt(entry);
  // The process's own flags may make imports resolve to sources.
  const worker = new Worker(entry, { name, execArgv: [] });
  worker.unref();
  return {
    send: (message, transfers = []) => worker.postMessage(message, [...transfers]),
    onMessage: (listener) => worker.on("message", listener),
    onEnd(listener) {
      worker.on("error", listener);
      worker.on("exit", (code) => listener(new Error(`its thread ended with code ${code}`)));
    },
    keepAlive: (isNeeded) => (isNeeded ? worker.ref() : worker.unref()),
    stop: () => worker.terminate().then(() => undefined),
  };
}
