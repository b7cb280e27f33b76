// Where the built entries are: Node runs no TypeScript, so that sources, too, start built threads and processes.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BackendError } from "@tandem/core";

export function builtEntry(
  name: "remote/device-thread" | "remote/device-process" | "choice/adapter-search-process",
): URL {
  return new URL(`../../dist/${name}.js`, import.meta.url);
}

/** Throws BackendError where a file to start is missing. */
export function requireBuilt(entry: URL): void {
  if (entry.protocol !== "file:" || existsSync(entry)) return;
  throw new BackendError(`${fileURLToPath(entry)} is missing`, { hint: "devices run built code: pnpm build" });
}
