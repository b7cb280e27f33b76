// Where packages lie in the archive: the repository's own as they lie in it, others in one flat node_modules where that is possible.
import { isAbsolute, posix, relative, sep } from "node:path";
import type { InstalledPackage, PackageGraph } from "./installed-package.ts";

export interface Placement {
  /** In the archive, with slashes. */
  readonly path: string;
  readonly package: InstalledPackage;
  /** Whether it is one of the repository's own. */
  readonly isOwn: boolean;
}

/** Link in the archive: `node_modules/@tandem/core` to `packages/core`. */
interface PlacedLink {
  readonly path: string;
  readonly to: string;
}

export interface Layout {
  readonly placements: readonly Placement[];
  readonly links: readonly PlacedLink[];
}

/**
 * A package of which several versions are needed lies in the root's node_modules in one version, and in its users' own in the others.
 * Throws TypeError where a package would find another version than the one it is installed with.
 */
export function placePackages(graph: PackageGraph, repository: string): Layout {
  const byPath = new Map<string, InstalledPackage>();
  const placements: Placement[] = [];
  const links: PlacedLink[] = [];
  for (const own of graph.values()) {
    const path = pathWithin(repository, own.folder);
    if (path === undefined) continue;
    placements.push({ path, package: own, isOwn: true });
    links.push({ path: `node_modules/${own.name}`, to: path });
    byPath.set(`node_modules/${own.name}`, own);
  }
  for (const user of placements) {
    for (const [name, folder] of user.package.dependencies) {
      const needed = graph.get(folder);
      if (needed === undefined) throw new TypeError(`${name} is not part of the graph`);
      const found = lookUp(byPath, user.path, name);
      if (found === needed) continue;
      const path = found === undefined ? `node_modules/${name}` : `${user.path}/node_modules/${name}`;
      byPath.set(path, needed);
      placements.push({ path, package: needed, isOwn: false });
    }
  }
  requireFound(byPath, placements);
  return { placements, links };
}

/** As Node looks for it from a package at `from`. */
function lookUp(
  byPath: ReadonlyMap<string, InstalledPackage>,
  from: string,
  name: string,
): InstalledPackage | undefined {
  for (let around = from; ; around = posix.dirname(around)) {
    const found = byPath.get(around === "." ? `node_modules/${name}` : `${around}/node_modules/${name}`);
    if (found !== undefined || around === ".") return found;
  }
}

function requireFound(byPath: ReadonlyMap<string, InstalledPackage>, placements: readonly Placement[]): void {
  for (const { path, package: user } of placements) {
    for (const [name, folder] of user.dependencies) {
      const found = lookUp(byPath, path, name);
      if (found?.folder === folder) continue;
      throw new TypeError(`${path} would find ${name} ${found?.version}, and is installed with the one in ${folder}`);
    }
  }
}

/** `undefined` for what is not the repository's own. */
function pathWithin(repository: string, folder: string): string | undefined {
  const path = relative(repository, folder);
  if (isAbsolute(path) || path.startsWith("..")) return undefined;
  const parts = path.split(sep);
  return parts.includes("node_modules") ? undefined : parts.join("/");
}
