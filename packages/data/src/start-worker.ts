// Starting threads that run this package's code.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

/** Starts a thread on the built file `path` (from `dist`): Node runs no TypeScript, so that sources, too, start built threads. */
export function startWorker(path: string, workerData: unknown): Worker {
  const entry = new URL(`../dist/${path}`, import.meta.url);
  if (!existsSync(entry)) {
    throw new Error(`${fileURLToPath(entry)} is missing: threads load built files; run "pnpm build"`);
  }
  // This process's own flags may make imports resolve to sources.
  return new Worker(entry, { workerData, execArgv: [] });
}
