// Nearest neighbours among the vectors of one class, exactly, without looking at most of them.
import type { FeatureVectors } from "./pixel-features.ts";

/** The vectors of one class in the order of their first number. */
export interface ClassVectors extends FeatureVectors {
  /** The first numbers once more, ascending: what a search starts from. */
  readonly keys: Float64Array;
}

/** How many numbers of two vectors are compared before the first look at the bound; then twice as many, and so on. */
const FIRST_STRETCH = 4;

/** Sorts the vectors of each of `classCount` classes. */
export function groupByClass(vectors: FeatureVectors, labels: Int32Array, classCount: number): ClassVectors[] {
  const { length, values } = vectors;
  const members = Array.from({ length: classCount }, (): number[] => []);
  labels.forEach((label, index) => {
    members[label]?.push(index);
  });
  return members.map((indices) => {
    const key = (index: number): number => values[index * length] ?? 0;
    const sorted = indices.sort((a, b) => key(a) - key(b));
    const grouped = new Float64Array(sorted.length * length);
    sorted.forEach((index, position) => {
      grouped.set(values.subarray(index * length, (index + 1) * length), position * length);
    });
    return { count: sorted.length, length, values: grouped, keys: Float64Array.from(sorted, key) };
  });
}

/**
 * The squared distance of `query` to the nearest vector nearer than `bound` (squared), or `bound` if there is none.
 * With `any`, the first found will do.
 *
 * Vectors are visited outwards from the query's own first number, until these numbers alone are further apart than the bound.
 */
export function nearestWithin(vectors: ClassVectors, query: Float64Array, bound: number, any: boolean): number {
  const { keys, count } = vectors;
  const key = query[0] ?? 0;
  let above = firstAtLeast(keys, key);
  let below = above - 1;
  let nearest = bound;
  while (above < count || below >= 0) {
    const gapAbove = above < count ? (keys[above] ?? 0) - key : Number.POSITIVE_INFINITY;
    const gapBelow = below >= 0 ? key - (keys[below] ?? 0) : Number.POSITIVE_INFINITY;
    const gap = Math.min(gapAbove, gapBelow);
    if (gap * gap >= nearest) break;
    const candidate = gapAbove < gapBelow ? above++ : below--;
    nearest = Math.min(nearest, squaredDistance(vectors, candidate, query, nearest));
    if (any && nearest < bound) break;
  }
  return nearest;
}

/** The squared distance, or any number not below `bound` if it is not below `bound`. */
function squaredDistance({ length, values }: ClassVectors, index: number, query: Float64Array, bound: number): number {
  const start = index * length;
  let sum = 0;
  let k = 0;
  for (let end = Math.min(FIRST_STRETCH, length); ; end = Math.min(2 * end, length)) {
    for (; k < end; k++) {
      const difference = (values[start + k] ?? 0) - (query[k] ?? 0);
      sum += difference * difference;
    }
    if (end === length || sum >= bound) return sum;
  }
}

/** The first index of ascending `keys` whose value is at least `key`. */
function firstAtLeast(keys: Float64Array, key: number): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] ?? 0) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
