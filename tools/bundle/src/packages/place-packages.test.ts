import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { InstalledPackage, PackageGraph } from "./installed-package.ts";
import { placePackages } from "./place-packages.ts";

const REPOSITORY = "/repository";

/** `folders`: of the packages it needs. */
function installed(folder: string, version = "1.0.0", folders: readonly string[] = []): InstalledPackage {
  return {
    name: nameOf(folder),
    version,
    folder,
    dependencies: new Map(folders.map((needed) => [nameOf(needed), needed])),
  };
}

/** `/store/a@2` holds `a`. */
function nameOf(folder: string): string {
  return (folder.split("/").at(-1) ?? "").replace(/@\d+$/, "");
}

function graphOf(...packages: readonly InstalledPackage[]): PackageGraph {
  return new Map(packages.map((each) => [each.folder, each]));
}

describe("packages in the archive", () => {
  test("of the repository lie where they lie in it, and are found through links", () => {
    const { placements, links } = placePackages(graphOf(installed("/repository/packages/core")), REPOSITORY);
    expect(placements.map(({ path, isOwn }) => [path, isOwn])).toEqual([["packages/core", true]]);
    expect(links).toEqual([{ path: "node_modules/core", to: "packages/core" }]);
  });

  test("of others lie in one flat node_modules", () => {
    const graph = graphOf(
      installed("/repository/apps/app", "1.0.0", ["/repository/node_modules/.pnpm/a@1"]),
      installed("/repository/node_modules/.pnpm/a@1", "1.0.0", ["/store/b@1"]),
      installed("/store/b@1"),
    );
    const paths = placePackages(graph, REPOSITORY).placements.map(({ path }) => path);
    expect(paths).toEqual(["apps/app", "node_modules/a", "node_modules/b"]);
  });

  test("of a second version lie with who needs it", () => {
    const graph = graphOf(
      installed("/repository/apps/app", "1.0.0", ["/store/a@1", "/store/b@1"]),
      installed("/store/a@1", "1.0.0", ["/store/b@2"]),
      installed("/store/b@1", "1.0.0"),
      installed("/store/b@2", "2.0.0"),
    );
    const placed = placePackages(graph, REPOSITORY).placements.map(({ path, package: { version } }) => [path, version]);
    expect(placed).toContainEqual(["node_modules/b", "1.0.0"]);
    expect(placed).toContainEqual(["node_modules/a/node_modules/b", "2.0.0"]);
  });
});

/** Packages a, b, ... in three versions each, each of which needs at most one version of any of those behind it. */
const graphs = fc
  .array(fc.array(fc.record({ name: fc.nat(5), version: fc.nat(2) }), { maxLength: 4 }), {
    minLength: 19,
    maxLength: 19,
  })
  .map((needs) => {
    const folderOf = (name: number, version: number): string => `/store/p${name}@${version}`;
    const packages = needs.map((needed, position) => {
      const name = position === 0 ? -1 : Math.floor((position - 1) / 3);
      const folders = new Map(
        needed.filter((each) => each.name > name).map((each) => [each.name, folderOf(each.name, each.version)]),
      );
      const version = (position - 1) % 3;
      return position === 0
        ? installed("/repository/app", "0.0.0", [...folders.values()])
        : installed(folderOf(name, version), `${version}`, [...folders.values()]);
    });
    return graphOf(...packages);
  });

test("every package finds the versions that it is installed with", () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const { placements, links } = placePackages(graph, REPOSITORY);
      const folders = new Map(placements.map(({ path, package: { folder } }) => [path, folder]));
      for (const { path, to } of links) folders.set(path, folders.get(to) ?? "");
      for (const { path, package: user } of placements) {
        for (const [name, expected] of user.dependencies) {
          const parts = path.split("/");
          const around = [...parts.keys(), parts.length].toReversed().map((count) => parts.slice(0, count).join("/"));
          const found = around
            .map((folder) => folders.get(`${folder}${folder && "/"}node_modules/${name}`))
            .find(Boolean);
          expect(found, `${name} from ${path}`).toBe(expected);
        }
      }
    }),
  );
});
