import type { FinalTest, TrainingConfig } from "trainer";
import { describe, expect, test } from "vitest";
import type { ExperimentOptions } from "../experiment.ts";
import { table1 } from "./table1.ts";

function finalTest(seed: number, tenViews: number): FinalTest {
  return {
    summary: {
      top1Error: { oneView: tenViews + 0.5, tenViews },
      top5Error: { oneView: 0.4, tenViews: 0.3 },
      imagesPerSecond: 600,
      seconds: 500,
      backend: "tfjs",
      devices: ["tfjs:0", "tfjs:1"],
      parameters: 140_266,
      peakBytes: 1,
      seed,
    },
    baseline: { top1Error: 19.28, top5Error: 0.36 },
    pictures: 10_000,
  };
}

async function reproduce(
  options: ExperimentOptions,
): Promise<{ trained: [string, TrainingConfig][]; report: Awaited<ReturnType<typeof table1.run>> }> {
  const trained: [string, TrainingConfig][] = [];
  const train = async (config: TrainingConfig, name: string): Promise<FinalTest> => {
    trained.push([name, config]);
    return finalTest(config.seed, 12 + config.seed);
  };
  return { report: await table1.run({ options, train }), trained };
}

describe("table 1", () => {
  test("trains once a seed, as the trainer does by itself", async () => {
    const { trained } = await reproduce({ data: "fashion-mnist", seeds: 3, epochs: 2 });
    expect(trained.map(([name, { seed, epochs, model, data }]) => [name, seed, epochs, model, data])).toEqual(
      [1, 2, 3].map((seed) => [`seed-${seed}`, seed, 2, "alexnet-mini", "fashion-mnist"]),
    );
  });

  test("sets what was measured beside what is quoted, and says which is which", async () => {
    const { report } = await reproduce({ data: "fashion-mnist", seeds: 3 });
    expect(report.tables[0]?.columns).toEqual(["", "paper (ImageNet)", "top-5", "here (Fashion-MNIST)", "top-5"]);
    expect(report.tables[0]?.rows).toEqual([
      ["Sparse coding", "47.1", "28.2", "-", "-"],
      ["SIFT + Fisher vectors", "45.7", "25.7", "-", "-"],
      ["CNN, one view", "39.0", "18.3", "14.5 (13.5-15.5)", "0.4 (0.4-0.4)"],
      ["CNN, ten views", "37.5", "17.0", "14.0 (13.0-15.0)", "0.3 (0.3-0.3)"],
      ["Nearest neighbour (pixels)", "-", "-", "19.3 (19.3-19.3)", "0.4 (0.4-0.4)"],
    ]);
    expect(report.notes.join("\n")).toMatch(/quoted, not measured.*1000 classes/);
    expect(report.notes.join("\n")).toContain("10000 test pictures of Fashion-MNIST");
  });

  test("names the data it was measured on", async () => {
    const { report } = await reproduce({ data: "cifar10=/somewhere", seeds: 1 });
    expect(report.tables[0]?.columns[3]).toBe("here (CIFAR-10)");
    expect(report.notes.join("\n")).toContain("Seed 1.");
  });
});
