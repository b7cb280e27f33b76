import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { productionGraph } from "./installed-package.ts";

let folder = "";
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "tandem-bundle-test-")));
});
afterAll(() => rm(folder, { recursive: true }));

/** Installs packages into node_modules of a root of its own, which needs those that are listed, and gives the names that are found. */
async function foundNames(manifest: object, packages: Readonly<Record<string, object>>): Promise<readonly string[]> {
  const root = await mkdtemp(join(folder, "root-"));
  const write = async (path: string, content: object): Promise<void> => {
    await mkdir(path, { recursive: true });
    await writeFile(join(path, "package.json"), JSON.stringify({ version: "1.0.0", ...content }));
  };
  await write(root, { name: "root", ...manifest });
  for (const [name, content] of Object.entries(packages)) {
    await write(join(root, "node_modules", name), { name, ...content });
  }
  return [...productionGraph([root]).values()].map(({ name }) => name).toSorted();
}

describe("what packages need while they run", () => {
  test("is what they depend on, and that depends on, but not what they are developed with", async () => {
    const manifest = { dependencies: { a: "1" }, devDependencies: { c: "1" } };
    expect(await foundNames(manifest, { a: { dependencies: { b: "1" } }, b: {}, c: {} })).toEqual(["a", "b", "root"]);
  });

  test("is not types", async () => {
    expect(await foundNames({ dependencies: { "@types/long": "1" } }, {})).toEqual(["root"]);
  });

  test("is optional where it is for the target only", async () => {
    const optional = { linux: "1", mac: "1", musl: "1", gone: "1" };
    const packages = {
      linux: { os: ["linux"], cpu: ["x64"], libc: ["glibc"] },
      mac: { os: ["darwin"] },
      musl: { os: ["linux"], libc: ["musl"] },
    };
    expect(await foundNames({ optionalDependencies: optional }, packages)).toEqual(["linux", "root"]);
  });

  test("has to be installed", async () => {
    await expect(foundNames({ dependencies: { gone: "1" } }, {})).rejects.toThrow(
      "root needs gone, which is not installed",
    );
  });
});
