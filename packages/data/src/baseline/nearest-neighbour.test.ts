import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocatePixels, createDataset, type Dataset } from "../dataset.ts";
import { nearestNeighbour, nearestNeighbourErrors } from "./nearest-neighbour.ts";
import { downsample } from "./pixel-features.ts";

const CLASSES = ["a", "b", "c", "d", "e", "f", "g"];

function datasetOf(bytes: readonly number[], labels: readonly number[], side: number, channels: 1 | 3): Dataset {
  const pixels = allocatePixels(labels.length, side, side, channels);
  pixels.bytes.set(bytes);
  return createDataset({ name: "test", classes: CLASSES, pixels, labels, labelFile: "labels" });
}

const randomDataset = (side: number, channels: 1 | 3) =>
  fc.integer({ min: 1, max: 25 }).chain((count) =>
    fc
      .record({
        bytes: fc.array(fc.nat(255), {
          minLength: count * side * side * channels,
          maxLength: count * side * side * channels,
        }),
        labels: fc.array(fc.nat(CLASSES.length - 1), { minLength: count, maxLength: count }),
      })
      .map(({ bytes, labels }) => datasetOf(bytes, labels, side, channels)),
  );

/** The rank of each test picture's class by comparing every pair. */
function ranksByBruteForce(train: Dataset, test: Dataset, side: number): number[] {
  const known = downsample(train.pixels, side);
  const asked = downsample(test.pixels, side);
  return Array.from({ length: test.length }, (_, n) => {
    const nearest = CLASSES.map(() => Number.POSITIVE_INFINITY);
    for (let m = 0; m < train.length; m++) {
      let distance = 0;
      for (let k = 0; k < known.length; k++) {
        distance += ((known.values[m * known.length + k] ?? 0) - (asked.values[n * known.length + k] ?? 0)) ** 2;
      }
      const label = train.label(m);
      nearest[label] = Math.min(nearest[label] ?? Number.POSITIVE_INFINITY, distance);
    }
    const own = nearest[test.label(n)] ?? Number.POSITIVE_INFINITY;
    // Distances that differ by rounding alone are ties.
    return nearest.filter((distance) => distance < own * (1 - 1e-9)).length;
  });
}

function inputOf(train: Dataset, test: Dataset, side: number) {
  return { train, test, classCount: CLASSES.length, side };
}

describe("the nearest-neighbour baseline", () => {
  test("agrees with comparing every pair of pictures", () => {
    const cases = fc
      .record({ side: fc.constantFrom(1, 2, 4), channels: fc.constantFrom(1 as const, 3 as const) })
      .chain(({ side, channels }) =>
        fc.tuple(randomDataset(4, channels), randomDataset(4, channels), fc.constant(side)),
      );
    fc.assert(
      fc.property(cases, ([train, test, side]) => {
        const ranks = ranksByBruteForce(train, test, side);
        const missing = (limit: number) => (100 * ranks.filter((rank) => rank >= limit).length) / ranks.length;
        const { top1Error, top5Error } = nearestNeighbourErrors(inputOf(train, test, side));
        expect(top1Error).toBeCloseTo(missing(1), 9);
        expect(top5Error).toBeCloseTo(missing(5), 9);
      }),
    );
  });

  test("makes no error on the pictures it knows", async () => {
    const known = datasetOf(
      Array.from({ length: 7 * 16 }, (_, index) => (index * 97) % 256),
      [0, 1, 2, 3, 4, 5, 6],
      4,
      1,
    );
    expect(await nearestNeighbour(known, known)).toEqual({ top1Error: 0, top5Error: 0 });
  });

  test("is wrong about a class it has never seen", () => {
    const train = datasetOf([10, 20], [0, 1], 1, 1);
    const test = datasetOf([10, 200], [0, 2], 1, 1);
    expect(nearestNeighbourErrors(inputOf(train, test, 1))).toEqual({ top1Error: 50, top5Error: 0 });
  });

  test("refuses a size that does not divide the pictures'", async () => {
    const dataset = datasetOf(new Array(16).fill(0), [0], 4, 1);
    await expect(nearestNeighbour(dataset, dataset, 3)).rejects.toThrow(
      "pictures of 4 x 4 cannot be downsampled to 3 x 3 equal boxes",
    );
  });
});

test("downsampling averages equal boxes of each channel", () => {
  const pixels = allocatePixels(1, 2, 2, 3);
  pixels.bytes.set([0, 10, 100, 2, 10, 100, 4, 20, 0, 6, 20, 0]);
  expect([...downsample(pixels, 1).values]).toEqual([3, 15, 50]);
  expect([...downsample(pixels, 2).values]).toEqual([...pixels.bytes]);
});
