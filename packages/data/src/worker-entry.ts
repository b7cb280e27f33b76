// Where the code of this package's threads lies.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The built file `path` (from `dist`): Node runs no TypeScript, so that sources, too, start threads from `dist`. */
export function workerEntry(path: string): URL {
  const entry = new URL(`../dist/${path}`, import.meta.url);
  if (existsSync(entry)) return entry;
  throw new Error(`${fileURLToPath(entry)} is missing: threads load built files; run "pnpm build"`);
}
