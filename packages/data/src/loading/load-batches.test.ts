import { execFile } from "node:child_process";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cropSide, tenViews } from "../augmentation.ts";
import { allocatePixels, createDataset, type Dataset } from "../dataset.ts";
import { datasetStatistics } from "../statistics.ts";
import { type LoadOptions, loadBatches } from "./load-batches.ts";
import { batchesPerEpoch, type TrainingPass } from "./pass.ts";

/** Pictures that differ in every pixel; picture i has label i mod 5. */
function datasetOf(length: number, side: number, channels: 1 | 3): Dataset {
  const pixels = allocatePixels(length, side, side, channels);
  pixels.bytes.forEach((_, index) => {
    pixels.bytes[index] = Math.imul(index, 2654435761) >>> 24;
  });
  const labels = Array.from({ length }, (_, index) => index % 5);
  return createDataset({ name: "made up", classes: ["a", "b", "c", "d", "e"], pixels, labels, labelFile: "labels" });
}

function training(overrides: Partial<TrainingPass> = {}): TrainingPass {
  return {
    kind: "training",
    seed: 1,
    epoch: 0,
    lastBatch: "wrap",
    augmentation: { crops: "random", flips: true, colourNoiseAxes: [3, 2, 1, 0, 5, 0, -1, 0, 1] },
    ...overrides,
  };
}

interface Snapshot {
  readonly images: number[];
  readonly labels: number[];
  readonly weights: number[];
  readonly pictures: number[];
  readonly index: number;
  readonly view: number;
  readonly count: number;
}

/** Copies of all batches of a pass. */
async function collect(options: LoadOptions): Promise<Snapshot[]> {
  const snapshots: Snapshot[] = [];
  for await (const { images, labels, weights, pictures, ...rest } of loadBatches(options)) {
    snapshots.push({
      images: [...images],
      labels: [...labels],
      weights: [...weights],
      pictures: [...pictures],
      ...rest,
    });
  }
  return snapshots;
}

const dataset = datasetOf(23, 8, 3);
const common = { dataset, batchSize: 5, preparation: { cropSize: cropSide(8) }, workers: 0 };

describe("the pictures of an epoch", () => {
  test("are the same from any number of threads and at any distance ahead", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          workers: fc.integer({ min: 1, max: 3 }),
          readAhead: fc.integer({ min: 1, max: 6 }),
          seed: fc.nat(),
          epoch: fc.nat(100),
          batchSize: fc.integer({ min: 1, max: 30 }),
          kind: fc.constantFrom("training", "evaluation"),
        }),
        async ({ workers, readAhead, seed, epoch, batchSize, kind }) => {
          const pass =
            kind === "training" ? training({ seed, epoch }) : ({ kind: "evaluation", views: "ten" } as const);
          const inline = await collect({ ...common, batchSize, pass });
          expect(await collect({ ...common, batchSize, pass, workers, readAhead })).toEqual(inline);
        },
      ),
      { numRuns: 12 },
    );
  });

  test("come again with their seed and epoch, and differ with another", async () => {
    const images = async (seed: number, epoch: number) =>
      (await collect({ ...common, pass: training({ seed, epoch }) })).map((batch) => batch.images);
    expect(await images(1, 2)).toEqual(await images(1, 2));
    expect(await images(1, 2)).not.toEqual(await images(2, 2));
    expect(await images(1, 2)).not.toEqual(await images(1, 3));
  });

  test("do not depend on the size of the batches", async () => {
    const images = async (batchSize: number) =>
      (await collect({ ...common, batchSize, pass: training() })).flatMap((batch) => batch.images).slice(0, 23 * 147);
    expect(await images(4)).toEqual(await images(23));
  });

  test("go on where an interrupted epoch stopped", async () => {
    const whole = await collect({ ...common, pass: training() });
    expect(await collect({ ...common, pass: training(), firstBatch: 3, workers: 1 })).toEqual(whole.slice(3));
  });
});

describe("the last batch of an epoch", () => {
  test("wraps round to the epoch's first pictures, under new crops", async () => {
    const batches = await collect({ ...common, pass: training({ lastBatch: "wrap" }) });
    expect(batches).toHaveLength(batchesPerEpoch(23, 5, "wrap"));
    const pictures = batches.flatMap((batch) => batch.pictures);
    expect(new Set(pictures.slice(0, 23)).size).toBe(23);
    expect(pictures.slice(23)).toEqual(pictures.slice(0, 2));
    expect(batches[4]?.images.slice(3 * 147)).not.toEqual(batches[0]?.images.slice(0, 2 * 147));
    expect(batches.every((batch) => batch.weights.every((weight) => weight === 1))).toBe(true);
  });

  test("or is dropped", async () => {
    const batches = await collect({ ...common, pass: training({ lastBatch: "drop" }) });
    expect(batches).toHaveLength(batchesPerEpoch(23, 5, "drop"));
    expect(new Set(batches.flatMap((batch) => batch.pictures)).size).toBe(20);
  });
});

describe("an evaluation", () => {
  test("takes every picture in order and pads with weight 0", async () => {
    const batches = await collect({ ...common, pass: { kind: "evaluation", views: "centre" } });
    const padding = [-1, -1];
    expect(batches.flatMap((batch) => batch.pictures)).toEqual([
      ...Array.from({ length: 23 }, (_, i) => i),
      ...padding,
    ]);
    expect(batches.map(({ count }) => count)).toEqual([5, 5, 5, 5, 3]);
    expect(batches[4]?.weights).toEqual([1, 1, 1, 0, 0]);
    expect(batches[4]?.labels).toEqual([0, 1, 2, 0, 0]);
    expect(batches[4]?.images.slice(3 * 147).every((value) => value === 0)).toBe(true);
  });

  test("in ten views gives each batch ten times, the centre first", async () => {
    const ten = await collect({ ...common, pass: { kind: "evaluation", views: "ten" } });
    const centre = await collect({ ...common, pass: { kind: "evaluation", views: "centre" } });
    expect(ten.map(({ index, view }) => [index, view])).toEqual(
      Array.from({ length: 50 }, (_, number) => [Math.floor(number / 10), number % 10]),
    );
    expect(ten.filter(({ view }) => view === 0)).toEqual(centre);
  });
});

describe("preparation", () => {
  test.each([1, 3] as const)("takes (crop - mean) * scale, on pictures of %i channels", async (channels) => {
    const pictures = datasetOf(7, 6, channels);
    const { meanImage } = datasetStatistics(pictures);
    const preparation = { cropSize: 4, meanImage, scale: 0.5 };
    const batches = await collect({
      dataset: pictures,
      batchSize: 7,
      preparation,
      workers: 0,
      pass: { kind: "evaluation", views: "ten" },
    });
    tenViews(6, 6, 4).forEach(({ top, left, flipped }, view) => {
      const expected: number[] = [];
      for (let n = 0; n < 7; n++) {
        const image = pictures.image(n);
        for (let y = 0; y < 4; y++) {
          for (let x = 0; x < 4; x++) {
            for (let channel = 0; channel < 3; channel++) {
              const at = ((top + y) * 6 + left + (flipped ? 3 - x : x)) * 3 + channel;
              expected.push(Math.fround(((image[at] ?? 0) - (meanImage[at] ?? 0)) * 0.5));
            }
          }
        }
      }
      expect(batches[view]?.images).toEqual(expected);
    });
  });

  test("adds one colour to all pixels of a picture", async () => {
    const plain = training({ augmentation: { crops: "random", flips: true } });
    const coloured = await collect({ ...common, pass: training() });
    const without = await collect({ ...common, pass: plain });
    const noiseOf = (batch: number, n: number, pixel: number) =>
      [0, 1, 2].map((channel) => {
        const at = n * 147 + pixel * 3 + channel;
        return (coloured[batch]?.images[at] ?? 0) - (without[batch]?.images[at] ?? 0);
      });
    const first = noiseOf(1, 2, 0);
    expect(first.every((value) => value !== 0)).toBe(true);
    for (let pixel = 1; pixel < 49; pixel++) {
      noiseOf(1, 2, pixel).forEach((value, channel) => {
        expect(value).toBeCloseTo(first[channel] ?? 0, 4);
      });
    }
    expect(noiseOf(1, 3, 0)).not.toEqual(first);
  });

  test("can be had without augmentation: centre crops, no flips", async () => {
    const pass = training({ augmentation: { crops: "centre", flips: false } });
    const trained = await collect({ ...common, batchSize: 23, pass });
    const evaluated = await collect({ ...common, batchSize: 23, pass: { kind: "evaluation", views: "centre" } });
    const crop = (batch: Snapshot | undefined, n: number) => batch?.images.slice(n * 147, (n + 1) * 147);
    trained[0]?.pictures.forEach((picture, n) => {
      expect(crop(trained[0], n)).toEqual(crop(evaluated[0], picture));
    });
  });

  test("can share one crop and flip among pictures that follow each other", async () => {
    // Pictures that are all alike show nothing but their crop and flip.
    const alike = datasetOf(12, 8, 3);
    for (let n = 1; n < 12; n++) alike.pixels.bytes.copyWithin(n * 192, 0, 192);
    const pass = training({ augmentation: { crops: "random", flips: true, picturesPerView: 4 } });
    const [batch] = await collect({ ...common, dataset: alike, batchSize: 12, pass });
    const crops = Array.from({ length: 12 }, (_, n) => JSON.stringify(batch?.images.slice(n * 147, (n + 1) * 147)));
    for (const group of [crops.slice(0, 4), crops.slice(4, 8), crops.slice(8)]) expect(new Set(group).size).toBe(1);
    expect(new Set(crops).size).toBeGreaterThan(1);
  });
});

describe("bad sizes", () => {
  test.each([
    [{ batchSize: 0 }, "expected a batch size of 1 or more, found 0"],
    [{ preparation: { cropSize: 9 } }, "made up: expected crops of 1 to 8 pixels, found 9; pictures are 8 x 8"],
    [{ preparation: { cropSize: 0 } }, "made up: expected crops of 1 to 8 pixels, found 0; pictures are 8 x 8"],
    [
      { preparation: { cropSize: 7, meanImage: new Float32Array(new SharedArrayBuffer(4)) } },
      "made up: expected a mean image of 8 x 8 x 3 values, found 1",
    ],
    [
      { batchSize: 24, pass: training({ lastBatch: "drop" }) },
      "made up: 23 pictures fill no batch of 24; use smaller batches",
    ],
    [{ workers: -1 }, "expected workers to be a whole number of at least 0, found -1"],
    [{ readAhead: 0 }, "expected readAhead to be a whole number of at least 1, found 0"],
  ])("%o are refused", async (overrides, message) => {
    await expect(collect({ ...common, pass: training(), ...overrides })).rejects.toThrow(new RangeError(message));
  });
});

/** Runs a module text in a process of its own against the built package; resolves when it has exited by itself. */
async function runProcess(body: string): Promise<string> {
  const built = new URL("../../dist/index.js", import.meta.url).href;
  const text = `
    import { createDataset, loadBatches } from ${JSON.stringify(built)};
    const bytes = new Uint8Array(new SharedArrayBuffer(100 * 64));
    const dataset = createDataset({ name: "d", classes: ["a"], labelFile: "l", labels: new Uint8Array(100),
      pixels: { height: 8, width: 8, channels: 1, bytes } });
    const batches = loadBatches({ dataset, batchSize: 1, workers: 2, preparation: { cropSize: 8 },
      pass: { kind: "evaluation", views: "centre" } });
    ${body}`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", text], {
    timeout: 20_000,
  });
  return stdout;
}

describe("the threads", () => {
  test.each([
    ["at the end of the pass", 'let n = 0; for await (const _ of batches) n += 1; console.log("seen", n);', "seen 100"],
    ["when the loop breaks", 'for await (const _ of batches) break; console.log("broke");', "broke"],
    [
      "when the loop throws",
      'try { for await (const _ of batches) throw 1; } catch { console.log("threw"); }',
      "threw",
    ],
    ["when the iterator is forgotten", 'await batches.next(); console.log("forgot");', "forgot"],
  ])("let the process exit %s", async (_, body, output) => {
    expect((await runProcess(body)).trim()).toBe(output);
  });

  test("report what goes wrong in them to whoever waits", async () => {
    const broken = { ...dataset, labels: undefined } as unknown as Dataset;
    await expect(collect({ ...common, dataset: broken, pass: training(), workers: 1 })).rejects.toThrow(TypeError);
  });
});
