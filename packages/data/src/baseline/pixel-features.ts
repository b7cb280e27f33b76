// Pictures as short vectors for comparing them: downsampled pixels, rotated so that the first few numbers say the most.
import type { PixelStore } from "../dataset.ts";
import { symmetricEigen } from "../symmetric-eigen.ts";

/** `count` vectors of `length` numbers, one after the other. */
export interface FeatureVectors {
  readonly count: number;
  readonly length: number;
  readonly values: Float64Array;
}

/** The directions are taken from at most this many pictures. */
const COVARIANCE_SAMPLE = 2_000;

/**
 * Means over the pixels of `side` x `side` equal boxes, for each channel.
 *
 * @throws RangeError if `side` does not divide height and width.
 */
export function downsample({ height, width, channels, bytes }: PixelStore, side: number): FeatureVectors {
  if (!Number.isInteger(side) || side < 1 || height % side !== 0 || width % side !== 0) {
    throw new RangeError(`pictures of ${height} x ${width} cannot be downsampled to ${side} x ${side} equal boxes`);
  }
  const boxHeight = height / side;
  const boxWidth = width / side;
  const length = side * side * channels;
  const imageBytes = height * width * channels;
  const count = bytes.length / imageBytes;
  const values = new Float64Array(count * length);
  for (let n = 0; n < count; n++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const box = n * length + (Math.floor(y / boxHeight) * side + Math.floor(x / boxWidth)) * channels;
        const from = n * imageBytes + (y * width + x) * channels;
        for (let channel = 0; channel < channels; channel++) {
          values[box + channel] = (values[box + channel] ?? 0) + (bytes[from + channel] ?? 0);
        }
      }
    }
  }
  for (let index = 0; index < values.length; index++) values[index] = (values[index] ?? 0) / (boxHeight * boxWidth);
  return { count, length, values };
}

/** The orthonormal rows [length, length] along which the vectors vary, most first. Rotating by them keeps all distances. */
export function principalDirections({ count, length, values }: FeatureVectors): Float64Array {
  const sampled = Math.min(count, COVARIANCE_SAMPLE);
  const means = new Float64Array(length);
  for (let index = 0; index < sampled * length; index++) {
    means[index % length] = (means[index % length] ?? 0) + (values[index] ?? 0) / sampled;
  }
  const scatter = Array.from({ length }, () => new Float64Array(length));
  for (let n = 0; n < sampled; n++) {
    const centred = values.slice(n * length, (n + 1) * length).map((value, index) => value - (means[index] ?? 0));
    scatter.forEach((row, i) => {
      const factor = centred[i] ?? 0;
      for (let j = 0; j < length; j++) row[j] = (row[j] ?? 0) + factor * (centred[j] ?? 0);
    });
  }
  return Float64Array.from(symmetricEigen(scatter.map((row) => Array.from(row))).vectors.flat());
}

/** Multiplies each vector by the rows of `directions`. */
export function rotate({ count, length, values }: FeatureVectors, directions: Float64Array): FeatureVectors {
  const rotated = new Float64Array(values.length);
  for (let n = 0; n < count; n++) {
    const vector = values.subarray(n * length, (n + 1) * length);
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let k = 0; k < length; k++) sum += (directions[i * length + k] ?? 0) * (vector[k] ?? 0);
      rotated[n * length + i] = sum;
    }
  }
  return { count, length, values: rotated };
}
