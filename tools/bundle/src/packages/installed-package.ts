// The packages that lie in node_modules, as a graph of what needs what while it runs.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "@tandem/core";
import { z } from "zod";

export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** The real path: a package's identity, since several versions of one name may be installed. */
  readonly folder: string;
  /** What it needs while it runs, by name: folders of the graph. */
  readonly dependencies: ReadonlyMap<string, string>;
}

export type PackageGraph = ReadonlyMap<string, InstalledPackage>;

const names = z.record(z.string(), z.string()).default({});
const systems = z.array(z.string()).optional();
const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  dependencies: names,
  optionalDependencies: names,
  os: systems,
  cpu: systems,
  libc: systems,
});

type Manifest = z.output<typeof manifestSchema>;

/** The host that the archive is for. */
const target = { os: "linux", cpu: "x64", libc: "glibc" } as const;

/** Types only: nothing of it runs. */
const TYPES = /^@types\/|^@webgpu\/types$/;

/** Everything that the packages in `roots` need while they run, and they themselves. Throws UsageError for what is not installed. */
export function productionGraph(roots: readonly string[]): PackageGraph {
  const graph = new Map<string, InstalledPackage>();
  const waiting = roots.map((folder) => realpathSync(folder));
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    if (graph.has(folder)) continue;
    const manifest = readManifest(folder);
    const dependencies = dependenciesOf(folder, manifest);
    graph.set(folder, { name: manifest.name, version: manifest.version, folder, dependencies });
    waiting.push(...dependencies.values());
  }
  return graph;
}

function dependenciesOf(folder: string, manifest: Manifest): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    if (TYPES.test(name)) continue;
    const isOptional = name in manifest.optionalDependencies;
    const dependency = findPackage(folder, name);
    if (dependency === undefined) {
      if (isOptional) continue;
      throw new UsageError(`${manifest.name} needs ${name}, which is not installed`, { hint: "pnpm install" });
    }
    if (isOptional && !runsOnTarget(readManifest(dependency))) continue;
    found.set(name, dependency);
  }
  return found;
}

/** As Node finds it: in the node_modules of the folder and of those around it. */
function findPackage(folder: string, name: string): string | undefined {
  for (let around = folder; ; around = dirname(around)) {
    const candidate = join(around, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return realpathSync(candidate);
    if (around === dirname(around)) return undefined;
  }
}

function runsOnTarget(manifest: Manifest): boolean {
  const fits = (systemsThere: readonly string[] | undefined, system: string): boolean =>
    systemsThere === undefined || (systemsThere.includes(system) && !systemsThere.includes(`!${system}`));
  return fits(manifest.os, target.os) && fits(manifest.cpu, target.cpu) && fits(manifest.libc, target.libc);
}

function readManifest(folder: string): Manifest {
  return manifestSchema.parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
}
