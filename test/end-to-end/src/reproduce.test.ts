import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runApp } from "./app-process.ts";
import { writeTinyPictures } from "./tiny-pictures.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tandem-"));
  await writeTinyPictures(join(folder, "pictures"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("reproduce", () => {
  test("measures table 1's CNN beside the paper's numbers, over seeds", async () => {
    const args = [
      "table1",
      "--data",
      "fashion-mnist=pictures",
      "--epochs",
      "1",
      "--batch",
      "16",
      "--seeds",
      "2",
      "--out",
      "here",
    ];
    const { code, output } = await runApp("reproduce", args, { TANDEM_BACKEND: "tfjs", INIT_CWD: folder });
    expect(output).toMatch(/paper \(ImageNet\) +top-5 +here \(Fashion-MNIST\) +top-5/);
    expect(output).toMatch(/SIFT \+ Fisher vectors +45\.7 +25\.7 +- +-/);
    expect(output).toMatch(/CNN, ten views +37\.5 +17\.0 +\d+\.\d \(\d+\.\d-\d+\.\d\)/);
    expect(code).toBe(0);

    const [name = ""] = await readdir(join(folder, "here"));
    expect(name).toMatch(/^table1-fashion-mnist/);
    const written = join(folder, "here", name);
    expect((await readdir(written)).sort()).toEqual(["report.json", "report.md", "seed-1", "seed-2"]);
    expect(await readFile(join(written, "report.md"), "utf8")).toContain("quoted, not measured");
    const { measurements } = JSON.parse(await readFile(join(written, "report.json"), "utf8"));
    expect(measurements.tests.map(({ summary }: { summary: { seed: number } }) => summary.seed)).toEqual([1, 2]);
  });

  test("names the experiments it knows", async () => {
    expect(await runApp("reproduce", ["table9"])).toEqual({
      code: 1,
      output: expect.stringMatching(/there is no experiment called "table9"\n.*the known ones are table1/),
    });
    expect(await runApp("reproduce", [])).toEqual({
      code: 2,
      output: expect.stringContaining("error: missing required argument 'experiment'"),
    });
  });
});
