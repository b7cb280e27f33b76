// What preparation and augmentation need to know of the training pictures: their mean and their principal colours.
import type { Dataset } from "./dataset.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";

export interface ColourComponents {
  /** Eigenvalues of the covariance of RGB values, largest first, with pixels from 0 to 1. */
  readonly eigenvalues: readonly number[];
  /** `eigenvectors[i]`: the unit direction in RGB that belongs to `eigenvalues[i]`. */
  readonly eigenvectors: readonly (readonly number[])[];
}

export interface DatasetStatistics {
  /** Mean image [height, width, 3], pixels from 0 to 255. */
  readonly meanImage: Float32Array<SharedArrayBuffer>;
  readonly colours: ColourComponents;
}

/** Takes the statistics of all pictures of a dataset (the paper's section 2 and 4.1). */
export function datasetStatistics(dataset: Dataset): DatasetStatistics {
  const { height, width, channels, bytes } = dataset.pixels;
  const imageElements = height * width * channels;
  const sums = new Float64Array(imageElements);
  // Products of bytes are summed as integers below 2^53: exact in any order.
  const products = new Float64Array(9);
  for (let start = 0; start < bytes.length; start += imageElements) {
    for (let element = 0; element < imageElements; element++) {
      sums[element] = (sums[element] ?? 0) + (bytes[start + element] ?? 0);
    }
  }
  if (channels === 3) addColourProducts(bytes, products);
  else products.fill(bytes.reduce((sum, value) => sum + value * value, 0));

  const meanImage = new Float32Array(new SharedArrayBuffer(height * width * 3 * Float32Array.BYTES_PER_ELEMENT));
  const channelSums = [0, 0, 0];
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      const sum = sums[channels === 3 ? pixel * 3 + channel : pixel] ?? 0;
      meanImage[pixel * 3 + channel] = sum / dataset.length;
      channelSums[channel] = (channelSums[channel] ?? 0) + sum;
    }
  }
  return { meanImage, colours: colourComponents(channelSums, products, dataset.length * height * width) };
}

/** Adds each pixel's r r, r g, ... b b to `products` [3, 3]. */
function addColourProducts(rgb: Uint8Array, products: Float64Array): void {
  let [rr, rg, rb, gg, gb, bb] = [0, 0, 0, 0, 0, 0];
  for (let start = 0; start < rgb.length; start += 3) {
    const r = rgb[start] ?? 0;
    const g = rgb[start + 1] ?? 0;
    const b = rgb[start + 2] ?? 0;
    rr += r * r;
    rg += r * g;
    rb += r * b;
    gg += g * g;
    gb += g * b;
    bb += b * b;
  }
  products.set([rr, rg, rb, rg, gg, gb, rb, gb, bb]);
}

function colourComponents(sums: readonly number[], products: Float64Array, pixelCount: number): ColourComponents {
  const means = sums.map((sum) => sum / pixelCount / 255);
  const covariance = means.map((meanI, i) =>
    means.map((meanJ, j) => (products[i * 3 + j] ?? 0) / pixelCount / 255 ** 2 - meanI * meanJ),
  );
  const { values, vectors } = symmetricEigen(covariance);
  // Rounding may leave a variance of nothing a little below zero.
  return { eigenvalues: values.map((value) => Math.max(0, value)), eigenvectors: vectors };
}
