import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pythonWithTorch, torchOnCuda } from "./python.ts";

test("no Python has it: that is said", async () => {
  const among = ["/no/such/python", process.execPath];
  await expect(pythonWithTorch(among)).rejects.toThrow(`none of ${among.join(", ")} can import torch`);
});

test("the first one that can import it is taken", async () => {
  expect(await pythonWithTorch(["/no/such/python", "true", process.execPath])).toBe("true");
});

describe("PyTorch on CUDA", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tandem-python-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** A Python that says this of its PyTorch. */
  async function pythonThatSays(name: string, text: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, `#!/bin/sh\necho "${text}"\n`, { mode: 0o755 });
    return path;
  }

  test("is the first that finds a device", async () => {
    const without = await pythonThatSays("a", "False 2.5.1 built without CUDA");
    const found = await pythonThatSays("b", "True 2.5.1 built for CUDA 12.4");
    expect(await torchOnCuda(["/no/such/python", without, found])).toBe(found);
  });

  test("without a device is named", async () => {
    const python = await pythonThatSays("c", "False 2.5.1 built without CUDA");
    await expect(torchOnCuda([python])).rejects.toThrow(
      `the PyTorch of ${python} (2.5.1 built without CUDA) finds no CUDA device`,
    );
    await expect(torchOnCuda(["/no/such/python"])).rejects.toThrow("none of /no/such/python can import torch");
  });
});
