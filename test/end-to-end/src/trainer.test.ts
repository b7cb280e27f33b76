import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSafetensors } from "@tandem/checkpoint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runApp } from "./app-process.ts";
import { writeTinyPictures } from "./tiny-pictures.ts";

let folder = "";
let data = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tandem-"));
  data = `fashion-mnist=${join(folder, "pictures")}`;
  await writeTinyPictures(join(folder, "pictures"));
});
afterAll(() => rm(folder, { recursive: true }));

const TOWERS = { TANDEM_BACKEND: "wasm", TANDEM_DEVICES: "2", TANDEM_THREADS: "4" };

describe("the trainer", () => {
  test("trains two towers on two devices and leaves its results where the user stands", async () => {
    const args = ["--data", "fashion-mnist=pictures", "--epochs", "2", "--batch", "16", "--seed", "3", "--out", "here"];
    const { code, output } = await runApp("trainer", [...args, "--name", "first"], { ...TOWERS, INIT_CWD: folder });
    expect(output).toContain("Devices: wasm:0 with 2 threads, wasm:1 with 2 threads");
    expect(output).toMatch(/peak memory .*\n.*peak memory/);
    expect(output).toMatch(/one view \(the centre\) +\d+\.\d\d % +\d+\.\d\d %/);
    expect(output).toMatch(/ten views, averaged +\d+\.\d\d % +\d+\.\d\d %/);
    expect(output).toMatch(/nearest neighbour, downsampled pixels +0\.00 % +0\.00 %/);
    expect(code).toBe(0);

    const run = join(folder, "here", "first");
    expect((await readdir(run)).sort()).toEqual([
      "checkpoints",
      "config.json",
      "metrics.jsonl",
      "model.safetensors",
      "summary.json",
    ]);
    expect(await readdir(join(run, "checkpoints"))).toEqual(["epoch-1.safetensors", "epoch-2.safetensors"]);
    expect(JSON.parse(await readFile(join(run, "config.json"), "utf8"))).toMatchObject({
      seed: 3,
      epochs: 2,
      batch: 16,
      towers: 2,
    });
    expect(JSON.parse(await readFile(join(run, "summary.json"), "utf8"))).toMatchObject({ backend: "wasm", seed: 3 });
    expect((await readSafetensors(join(run, "model.safetensors"))).tensors.has("fc8.weight")).toBe(true);

    const again = await runApp("trainer", [...args, "--name", "first"], { ...TOWERS, INIT_CWD: folder });
    expect(again).toEqual({ code: 1, output: expect.stringContaining("there is a run called first already") });
  });

  test("divides a batch between two devices, and goes on with the run where it ended", async () => {
    const args = ["--data", data, "--parallel", "data", "--batch", "16", "--epochs", "1", "--name", "divided"];
    const begun = await runApp("trainer", [...args, "--out", join(folder, "resumed")], TOWERS);
    expect(begun.output).toContain("wasm:0 with 2 threads, wasm:1 with 2 threads");
    expect(begun.output).toMatch(/transfers between devices/);
    expect(begun.code).toBe(0);
    const run = join(folder, "resumed", "divided");
    expect(JSON.parse(await readFile(join(run, "config.json"), "utf8"))).toMatchObject({ parallel: "data", towers: 1 });

    const { code, output } = await runApp("trainer", ["--resume", run, "--epochs", "2"], TOWERS);
    expect(output).toMatch(/Going on after step \d+, 1 epochs completed, from .*epoch-1\.safetensors/);
    expect(output).toContain("epoch 2/2");
    expect(code).toBe(0);
    expect(await readdir(join(run, "checkpoints"))).toEqual(["epoch-1.safetensors", "epoch-2.safetensors"]);
    const kinds = (await readFile(join(run, "metrics.jsonl"), "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).kind);
    expect(kinds.filter((kind) => kind !== "step")).toEqual(["epoch", "test", "resume", "epoch", "test"]);

    const root = ["--out", join(folder, "resumed")];
    const refused = await runApp("trainer", ["--resume", "divided", ...root, "--batch", "8"], TOWERS);
    expect(refused).toEqual({ code: 1, output: expect.stringContaining("another config: batch is 16, not 8") });
    expect(await runApp("trainer", ["--resume", "other", ...root], TOWERS)).toEqual({
      code: 1,
      output: expect.stringMatching(/there is no run other: .*\n.*the runs in .* are divided/),
    });
  });

  test("prints every step of its program when asked", async () => {
    const args = ["--data", data, "--steps", "1", "--batch", "4", "--out", folder];
    const { output } = await runApp("trainer", args, { ...TOWERS, TANDEM_EXPLAIN: "plan" });
    expect(output).toMatch(/\d+ {2}conv2d.* in conv2/);
  });
});

describe("the trainer refuses", () => {
  test.each([
    [
      "an option it does not know",
      ["--epoch", "3"],
      {},
      2,
      "error: unknown option '--epoch'\n(Did you mean --epochs?)",
    ],
    [
      "a number that is none",
      ["--batch", "many"],
      {},
      2,
      'error: --batch: expected a whole number from 1 to 65536, found "many"',
    ],
    ["a model it does not know", ["--model", "vgg"], {}, 2, "error: --model: expected one of alexnet-mini, alexnet, "],
    [
      "a recipe it does not know",
      ["--recipe", "mine"],
      {},
      2,
      "error: --recipe: expected one of paper, code-2012, caffe",
    ],
    ["three towers", ["--towers", "3"], {}, 2, 'error: --towers: expected one of 1, 2, found "3"'],
    ["data it does not know", ["--data", "mnist"], {}, 1, 'unknown dataset "mnist"; the known ones are fashion-mnist,'],
    ["data that is not there", ["--data", "fashion-mnist=nowhere"], {}, 1, "nowhere: expected train-images-idx3-ubyte"],
    ["a backend it does not know", [], { TANDEM_BACKEND: "cuda" }, 1, 'TANDEM_BACKEND names the backend "cuda"'],
    [
      "a way to explain it does not know",
      [],
      { TANDEM_EXPLAIN: "all" },
      1,
      'TANDEM_EXPLAIN: expected plan, found "all"',
    ],
    ["a network larger than the pictures", ["--model", "alexnet"], TOWERS, 1, "ShapeError: alexnet (paper): conv"],
    [
      "both ways to divide a training",
      ["--parallel", "data", "--towers", "2"],
      TOWERS,
      1,
      "leave out --towers, or --parallel data",
    ],
    ["a new name for an old run", ["--resume", "old", "--name", "new"], TOWERS, 1, "cannot have another --name"],
    ["towers that the recipe has not", ["--recipe", "caffe", "--towers", "2"], TOWERS, 1, "cannot"],
  ])("%s", async (_, args, environment, code, message) => {
    const finished = await runApp("trainer", ["--data", data, "--out", join(folder, "refused"), ...args], environment);
    expect(finished.output).toContain(message);
    expect(finished.output).not.toContain("    at ");
    expect(finished.code).toBe(code);
    expect(await readdir(folder)).not.toContain("refused");
  });

  test("a folder that is a file", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    const finished = await runApp("trainer", ["--data", data, "--out", file], TOWERS);
    expect(finished).toEqual({ code: 1, output: expect.stringContaining(`CheckpointError: could not write ${file}`) });
  });
});
