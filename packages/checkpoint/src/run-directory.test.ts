import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRunDirectory, listCheckpoints } from "./run-directory.ts";

let root = "";
beforeEach(async () => {
  root = join(await mkdtemp(join(tmpdir(), "tandem-")), "runs");
});
afterEach(() => rm(join(root, ".."), { recursive: true }));

const empty = {
  tensors: new Map(),
  progress: { step: 1, epoch: 0, seed: 1, schedule: null, fingerprint: "reference" },
};

describe("a run's name", () => {
  test("is numbered when nobody chose it, also among runs that start together", async () => {
    const runs = await Promise.all(
      [1, 2, 3].map(() => createRunDirectory({ root, defaultName: "alexnet-mini-fashion-mnist" })),
    );
    expect(runs.map(({ name }) => name).sort()).toEqual([
      "alexnet-mini-fashion-mnist",
      "alexnet-mini-fashion-mnist-2",
      "alexnet-mini-fashion-mnist-3",
    ]);
    expect((await readdir(root)).length).toBe(3);
  });

  test("is refused when it was chosen and is taken; what is there stays", async () => {
    const first = await createRunDirectory({ root, name: "mine", defaultName: "unused" });
    await first.writeSummary({ seed: 1 });
    await expect(createRunDirectory({ root, name: "mine", defaultName: "unused" })).rejects.toThrow(
      `there is a run called mine already, in ${join(root, "mine")}`,
    );
    expect(await readFile(join(root, "mine", "summary.json"), "utf8")).toContain('"seed": 1');
  });

  test.each(["", ".", "..", "a/b", "../a", "-x", "a b", "a\u0000b", "x".repeat(101)])("cannot be %j", async (name) => {
    await expect(createRunDirectory({ root, name, defaultName: "unused" })).rejects.toThrow(
      "cannot be the name of a run",
    );
  });
});

describe("a run's folder", () => {
  test("holds what was written", async () => {
    const run = await createRunDirectory({ root, defaultName: "run" });
    await run.writeConfig({ batch: 128 });
    await run.appendMetrics({ step: 1, loss: 2.3 });
    await run.appendMetrics({ step: 2, loss: 2.2 });
    await run.writeModel(new Map(), {});
    for (const epoch of [10, 9, 100]) await run.writeCheckpoint(`epoch-${epoch}`, empty);
    expect((await readdir(run.path)).sort()).toEqual([
      "checkpoints",
      "config.json",
      "metrics.jsonl",
      "model.safetensors",
    ]);
    expect(JSON.parse(await readFile(join(run.path, "config.json"), "utf8"))).toEqual({ batch: 128 });
    expect(await readFile(join(run.path, "metrics.jsonl"), "utf8")).toBe(
      '{"step":1,"loss":2.3}\n{"step":2,"loss":2.2}\n',
    );
    expect(await listCheckpoints(run.path)).toEqual(
      [9, 10, 100].map((epoch) => join(run.path, "checkpoints", `epoch-${epoch}.safetensors`)),
    );
  });

  test("cannot be made where a file is in the way", async () => {
    await writeFile(root, "not a folder");
    await expect(createRunDirectory({ root, defaultName: "run" })).rejects.toThrow(`could not write ${root}`);
  });

  test("is told from other folders", async () => {
    await expect(listCheckpoints(join(root, "..", "elsewhere"))).rejects.toThrow("is no run");
  });
});
