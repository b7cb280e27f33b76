// The baseline: each test picture takes the class of the training picture whose downsampled pixels are nearest.
import type { Dataset, PixelStore } from "../dataset.ts";
import { startWorker } from "../start-worker.ts";
import { groupByClass, nearestWithin } from "./class-search.ts";
import { downsample, principalDirections, rotate } from "./pixel-features.ts";

export interface BaselineErrors {
  /** Percent of test pictures with a picture of another class nearer than any of their own. */
  readonly top1Error: number;
  /** Percent of test pictures with five or more other classes nearer than their own. */
  readonly top5Error: number;
}

/** The part of a dataset that the comparison needs, as plain data over shared memory. */
interface LabelledPixels {
  readonly pixels: PixelStore;
  readonly labels: Int32Array<SharedArrayBuffer>;
}

export interface NearestNeighbourInput {
  readonly train: LabelledPixels;
  readonly test: LabelledPixels;
  readonly classCount: number;
  /** Pictures are compared as `side` x `side` pixels in Euclidean distance. */
  readonly side: number;
}

const LARGEST_DEFAULT_SIDE = 8;
/** Squared distances that differ by less, relatively, are ties; the rotation leaves such differences. */
const ROUNDING = 1e-9;

/**
 * Classifies `test` by the nearest picture of `train`, in a thread of its own.
 *
 * @param side how many pixels a side to compare; by default the largest divisor of the pictures' side up to 8
 * @throws RangeError if `side` does not divide height and width.
 */
export async function nearestNeighbour(
  train: Dataset,
  test: Dataset,
  side: number = defaultSide(train),
): Promise<BaselineErrors> {
  const input: NearestNeighbourInput = {
    train: { pixels: train.pixels, labels: train.labels },
    test: { pixels: test.pixels, labels: test.labels },
    classCount: train.classes.length,
    side,
  };
  const worker = startWorker("baseline/nearest-neighbour-worker.js", input);
  return await new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the thread of the baseline ended with code ${code}`)));
  });
}

/** The comparison itself, on the calling thread. Exact: the search only skips pictures that cannot change a rank. */
export function nearestNeighbourErrors({ train, test, classCount, side }: NearestNeighbourInput): BaselineErrors {
  const trainPixels = downsample(train.pixels, side);
  const directions = principalDirections(trainPixels);
  const classes = groupByClass(rotate(trainPixels, directions), train.labels, classCount);
  const queries = rotate(downsample(test.pixels, side), directions);
  let top1Misses = 0;
  let top5Misses = 0;
  for (let n = 0; n < queries.count; n++) {
    const query = queries.values.subarray(n * queries.length, (n + 1) * queries.length);
    const own = classes[test.labels[n] ?? 0];
    const ownDistance =
      own === undefined ? Number.POSITIVE_INFINITY : nearestWithin(own, query, Number.POSITIVE_INFINITY, false);
    const bound = ownDistance * (1 - ROUNDING);
    const nearer = classes.filter(
      (vectors) => vectors !== own && nearestWithin(vectors, query, bound, true) < bound,
    ).length;
    if (nearer >= 1) top1Misses += 1;
    if (nearer >= 5) top5Misses += 1;
  }
  return { top1Error: (100 * top1Misses) / queries.count, top5Error: (100 * top5Misses) / queries.count };
}

function defaultSide({ height }: Dataset): number {
  let side = Math.min(LARGEST_DEFAULT_SIDE, height);
  while (height % side !== 0) side -= 1;
  return side;
}
