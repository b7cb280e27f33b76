import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { replaceFile, writeError } from "./atomic-file.ts";
import { CheckpointError } from "./errors.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tandem-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("replaceFile", () => {
  test("writes the chunks in order, over what was there", async () => {
    const path = join(folder, "file");
    await writeFile(path, "a much longer text than the new one");
    await replaceFile(path, ["one, ", new TextEncoder().encode("two")]);
    expect(await readFile(path, "utf8")).toBe("one, two");
    expect(await readdir(folder)).toEqual(["file"]);
  });

  test("keeps the old file when the new content cannot be made", async () => {
    const path = join(folder, "file");
    await writeFile(path, "old");
    const chunks = function* (): Generator<string> {
      yield "half of the new";
      throw new Error("lost the device");
    };
    await expect(replaceFile(path, chunks())).rejects.toThrow(`could not write ${path}: lost the device`);
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["file"]);
  });

  test("keeps the old file, leaves nothing behind and says why when there is no room for the new one", async () => {
    const path = join(folder, "file");
    await writeFile(path, "old");
    const script = `
      import { replaceFile } from ${JSON.stringify(new URL("../dist/atomic-file.js", import.meta.url).href)};
      try {
        await replaceFile(${JSON.stringify(path)}, [new Uint8Array(4096), new Uint8Array(1 << 20)]);
        console.log("written");
      } catch (error) {
        console.log(error.name + ": " + error.message);
      }`;
    // A limit on the size of files is the one full disk that needs no rights.
    const { stdout } = await promisify(execFile)("sh", [
      "-c",
      'ulimit -f 64 && exec "$0" --input-type=module --eval "$1"',
      process.execPath,
      script,
    ]);
    expect(stdout).toContain(`CheckpointError: could not write ${path}: the file is larger than the system allows`);
    expect(stdout).toContain("the file that was there before is untouched");
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["file"]);
  });

  test("says which folder is missing", async () => {
    await expect(replaceFile(join(folder, "nowhere", "file"), ["x"])).rejects.toThrow("the folder does not exist");
  });
});

describe("writeError", () => {
  test.each([
    ["ENOSPC", "the disk is full", "free some space"],
    ["EDQUOT", "the disk quota is used up", "free some space"],
    ["EROFS", "the disk is read-only", "choose a folder that can be written"],
    ["EACCES", "permission denied", "choose a folder that can be written"],
  ])("%s: %s", (code, reason, hint) => {
    const error = writeError("runs/a/model.safetensors", Object.assign(new Error("write"), { code }));
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error.message).toContain(`could not write runs/a/model.safetensors: ${reason}`);
    expect(error.message).toContain(hint);
  });
});
