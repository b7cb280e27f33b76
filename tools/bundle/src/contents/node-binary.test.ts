import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packNode, type ThisNode } from "./node-binary.ts";

let folder = "";
let node: ThisNode;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tandem-bundle-node-"));
  await mkdir(join(folder, "bin"));
  await writeFile(join(folder, "bin", "node"), "code and symbols");
  await writeFile(join(folder, "LICENSE"), "do as you like");
  const sharedObjects = ["linux-vdso.so.1", "/lib/libc.so.6", "/lib64/ld-linux-x86-64.so.2"];
  node = { platform: "linux", architecture: "x64", binary: join(folder, "bin", "node"), sharedObjects };
});
afterAll(() => rm(folder, { recursive: true }));

/** A `strip` that writes this. */
async function stripTo(text: string): Promise<string> {
  const path = join(folder, "strip");
  await writeFile(path, `#!/bin/sh\nprintf %s "${text}" > "$3"\n`, { mode: 0o755 });
  return path;
}

describe("the Node in the archive", () => {
  test("is without symbols, and comes with its licence", async () => {
    const { binary, licence, warning } = await packNode(folder, node, await stripTo("code"));
    expect(await readFile(binary, "utf8")).toBe("code");
    expect(await readFile(licence, "utf8")).toBe("do as you like");
    expect(warning).toBeUndefined();
  });

  test("keeps its symbols where nothing strips them, and that is said", async () => {
    const { binary, warning } = await packNode(folder, node, "/no/such/strip");
    expect(binary).toBe(node.binary);
    expect(warning).toContain("apt install binutils");
  });

  const refused: readonly (readonly [string, Partial<ThisNode>, string])[] = [
    ["for another system", { platform: "darwin" }, "this Node is for darwin-x64"],
    ["for another processor", { architecture: "arm64" }, "this Node is for linux-arm64"],
    ["made of several files", { sharedObjects: ["/usr/lib/libnode.so.108"] }, "/usr/lib/libnode.so.108"],
    ["without licence", { binary: "/elsewhere/bin/node" }, "licence"],
  ];
  test.each(refused)("is not one %s", async (_, difference, message) => {
    await expect(packNode(folder, { ...node, ...difference })).rejects.toThrow(message);
  });
});
