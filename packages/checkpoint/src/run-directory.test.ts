import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRunDirectory, listCheckpoints, openRunDirectory, type RunDirectory } from "./run-directory.ts";

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

describe("a run that goes on", () => {
  const begin = async (): Promise<RunDirectory> => {
    const run = await createRunDirectory({ root, name: "first", defaultName: "run" });
    await run.writeConfig({ seed: 3 });
    return run;
  };

  test("is found by its name, by its path and from where the user stands", async () => {
    const { path } = await begin();
    const found = [
      await openRunDirectory("first", { root, workingFolder: "/" }),
      await openRunDirectory(path, { root: "/nowhere", workingFolder: "/" }),
      await openRunDirectory("./first", { root: "/nowhere", workingFolder: root }),
    ];
    expect(found.map(({ name, path: at }) => [name, at])).toEqual(found.map(() => ["first", path]));
    expect(await found[0]?.readConfig()).toEqual({ seed: 3 });
  });

  test("has to be there: the error names the runs that are", async () => {
    await expect(openRunDirectory("second", { root, workingFolder: "/" })).rejects.toThrow(
      /there is no run second: neither .*\n.*there are no runs in/,
    );
    await begin();
    await expect(openRunDirectory("second", { root, workingFolder: "/" })).rejects.toThrow(/the runs in .* are first/);
  });

  test("says that its config is damaged", async () => {
    const run = await begin();
    await writeFile(join(run.path, "config.json"), "{");
    await expect(run.readConfig()).rejects.toThrow(/config\.json is damaged/);
  });

  test("keeps the metrics that it is told to, loses a half-written line and is no longer finished", async () => {
    const run = await begin();
    for (const step of [1, 2, 3]) await run.appendMetrics({ step });
    await appendFile(join(run.path, "metrics.jsonl"), '{"step":');
    await run.writeSummary({});
    expect(run.isFinished()).toBe(true);
    await run.rewind(
      (record) => typeof record === "object" && record !== null && "step" in record && record.step !== 3,
    );
    await run.appendMetrics({ step: 4 });
    expect(await readFile(join(run.path, "metrics.jsonl"), "utf8")).toBe('{"step":1}\n{"step":2}\n{"step":4}\n');
    expect(run.isFinished()).toBe(false);
  });
});
