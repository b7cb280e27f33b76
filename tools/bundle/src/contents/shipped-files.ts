// Which files of a package are needed where it only runs.
import { readdirSync } from "node:fs";
import { join, sep } from "node:path";
import type { Placement } from "../packages/place-packages.ts";

/** Folders of the repository's own packages, beside their manifest; `dist` alone for those that are not named. */
const ownFolders: Readonly<Record<string, readonly string[]>> = {
  "@tandem/data": ["dist", "embedded"],
  "@tandem/tool-bench": ["dist", "native", "python"],
  "@tandem/tool-bundle": ["dist/doctor"],
};

/** Packages that bring much for other platforms and for bundlers. */
const neededOnly: Readonly<Record<string, readonly RegExp[]>> = {
  webgpu: [/^index\.js$/, /^dist\/linux-x64\//],
  "@tensorflow/tfjs-core": [/^dist\/[^/]*\.node\.js$/],
  "@tensorflow/tfjs-backend-cpu": [/^dist\/[^/]*\.node\.js$/],
  "@tensorflow/tfjs-backend-wasm": [/^dist\/[^/]*\.node\.js$/, /^dist\/[^/]*\.wasm$/],
};

const MANIFEST_OR_LICENCE = /^(package\.json|README[^/]*|[^/]*(LICEN[CS]E|NOTICE|COPYING|copyright)[^/]*)$/i;
const OF_DEVELOPMENT = /\.(map|ts|mts|cts|h|hpp|cc|c|tsbuildinfo|flow)$|\.test\.js$|\.test-support\.js$/;

/** Paths below the package's folder, with slashes, in the order of their names. */
export function shippedFiles({
  package: { name, folder },
  isOwn,
}: Pick<Placement, "package" | "isOwn">): readonly string[] {
  return filesBelow(folder).filter((path) => isShipped(name, isOwn, path));
}

/** Exported for its test. `path`: below the package's folder. */
export function isShipped(name: string, isOwn: boolean, path: string): boolean {
  if (MANIFEST_OR_LICENCE.test(path)) return true;
  if (isOwn) {
    const folders = ownFolders[name] ?? ["dist"];
    const folder = folders.find((each) => path.startsWith(`${each}/`));
    if (folder === undefined) return false;
    return !folder.startsWith("dist") || !OF_DEVELOPMENT.test(path);
  }
  const needed = neededOnly[name];
  return needed === undefined ? !OF_DEVELOPMENT.test(path) : needed.some((pattern) => pattern.test(path));
}

function filesBelow(folder: string): readonly string[] {
  const paths: string[] = [];
  const walk = (below: string): void => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      if (entry.name === "node_modules") continue;
      const path = join(below, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) paths.push(path.split(sep).join("/"));
    }
  };
  walk("");
  return paths.toSorted();
}
