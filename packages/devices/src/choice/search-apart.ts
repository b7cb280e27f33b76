// Looks for adapters in a process of its own: where nobody asked for a GPU, a driver that is broken, hangs or complains must not
// become this process's trouble, and native code need not stay loaded.
import { fork } from "node:child_process";
import { builtEntry, requireBuilt } from "../remote/built-entry.ts";
import type { AdapterSearch } from "./search-adapters.ts";

const PATIENCE_MS = 30_000;

/** Resolves to no adapters, and why, where looking fails or takes half a minute. */
export async function searchAdaptersApart(
  entry: URL = builtEntry("choice/adapter-search-process"),
  patience: number = PATIENCE_MS,
): Promise<AdapterSearch> {
  requireBuilt(entry);
  const child = fork(entry, [], {
    execArgv: [],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const failed = (searchFailure: string): AdapterSearch => ({ adapters: [], searchFailure });
  return new Promise<AdapterSearch>((resolve) => {
    const timer = setTimeout(() => {
      resolve(failed(`looking for GPUs took more than ${patience / 1000} s`));
      child.kill("SIGKILL");
    }, patience);
    child.on("message", (found: AdapterSearch) => resolve(found));
    child.on("error", (error) => resolve(failed(`looking for GPUs failed: ${error.message}`)));
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      resolve(failed(`looking for GPUs ended ${signal === null ? `with code ${code}` : `by ${signal}`}`));
    });
  });
}
