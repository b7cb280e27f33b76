import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocatePixels, createDataset, type Dataset } from "./dataset.ts";
import { datasetStatistics } from "./statistics.ts";

function datasetOf(channels: 1 | 3, height: number, width: number, bytes: readonly number[]): Dataset {
  const count = bytes.length / (height * width * channels);
  const pixels = allocatePixels(count, height, width, channels);
  pixels.bytes.set(bytes);
  return createDataset({ name: "test", classes: ["only"], pixels, labels: new Uint8Array(count), labelFile: "labels" });
}

const pictures = fc
  .record({ count: fc.integer({ min: 1, max: 5 }), channels: fc.constantFrom(1 as const, 3 as const) })
  .chain(({ count, channels }) =>
    fc
      .array(fc.nat(255), { minLength: count * 6 * channels, maxLength: count * 6 * channels })
      .map((bytes) => datasetOf(channels, 2, 3, bytes)),
  );

/** All pixels of a dataset as RGB triples from 0 to 1. */
function triples(dataset: Dataset): number[][] {
  return Array.from({ length: dataset.length }, (_, index) => [...dataset.image(index)]).flatMap((image) =>
    Array.from({ length: 6 }, (_, pixel) => image.slice(pixel * 3, pixel * 3 + 3).map((value) => value / 255)),
  );
}

describe("the statistics of a dataset", () => {
  test("hold the mean of each pixel over the pictures", () => {
    fc.assert(
      fc.property(pictures, (dataset) => {
        const { meanImage } = datasetStatistics(dataset);
        expect(meanImage.length).toBe(18);
        meanImage.forEach((mean, element) => {
          let sum = 0;
          for (let index = 0; index < dataset.length; index++) sum += dataset.image(index)[element] ?? 0;
          expect(mean).toBe(Math.fround(sum / dataset.length));
        });
      }),
    );
  });

  test("hold eigenvectors of the covariance of RGB values from 0 to 1", () => {
    fc.assert(
      fc.property(pictures, (dataset) => {
        const { eigenvalues, eigenvectors } = datasetStatistics(dataset).colours;
        const pixels = triples(dataset);
        const mean = [0, 1, 2].map((c) => pixels.reduce((sum, pixel) => sum + (pixel[c] ?? 0), 0) / pixels.length);
        eigenvectors.forEach((direction, component) => {
          // The variance along an eigenvector is its eigenvalue.
          const projections = pixels.map((pixel) =>
            direction.reduce((sum, part, c) => sum + part * ((pixel[c] ?? 0) - (mean[c] ?? 0)), 0),
          );
          const variance = projections.reduce((sum, value) => sum + value * value, 0) / pixels.length;
          expect(variance).toBeCloseTo(eigenvalues[component] ?? Number.NaN, 10);
        });
      }),
    );
  });

  test("of grey pictures know brightness and no colour", () => {
    const { colours } = datasetStatistics(datasetOf(1, 1, 2, [0, 255, 51, 204]));
    expect(colours.eigenvalues[0]).toBeCloseTo(3 * 0.17, 12);
    expect(colours.eigenvalues.slice(1).every((value) => value < 1e-15)).toBe(true);
    for (const part of colours.eigenvectors[0] ?? []) expect(part).toBeCloseTo(1 / Math.sqrt(3), 12);
  });
});
