// A dataset: pictures of one size with their labels, in memory that worker threads can share.
import { DatasetError } from "./errors.ts";

/** Bytes [count, height, width, channels], row-major. One channel is grey; it reads as three equal ones. */
export interface PixelStore {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly bytes: Uint8Array<SharedArrayBuffer>;
}

/** A sized, indexable source of uint8 RGB pictures [height, width, 3] and their labels. Indices out of range throw RangeError. */
export interface Dataset {
  readonly name: string;
  readonly classes: readonly string[];
  readonly length: number;
  readonly height: number;
  readonly width: number;
  readonly pixels: PixelStore;
  /** One class index a picture, each below `classes.length`. */
  readonly labels: Int32Array<SharedArrayBuffer>;
  /** A copy of one picture, [height, width, 3]. */
  image(index: number): Uint8Array<ArrayBuffer>;
  label(index: number): number;
  /** What the picture shows, in words: its class, or something more precise where the data knows it. */
  caption(index: number): string;
}

export interface DatasetParts {
  readonly name: string;
  readonly classes: readonly string[];
  readonly pixels: PixelStore;
  readonly labels: ArrayLike<number>;
  readonly captions?: readonly string[];
  /** The file that the labels come from, for errors. */
  readonly labelFile: string;
}

/**
 * Puts pictures and labels together.
 *
 * @throws DatasetError if a label names no class, or there are more or fewer labels than pictures.
 */
export function createDataset(parts: DatasetParts): Dataset {
  const { name, classes, pixels, captions, labelFile } = parts;
  const { height, width, channels, bytes } = pixels;
  const imageBytes = height * width * channels;
  const length = bytes.length / imageBytes;
  if (parts.labels.length !== length) {
    throw new DatasetError(
      `${labelFile}: expected ${length} labels, one for each picture, found ${parts.labels.length}`,
      {
        hint: "take pictures and labels from the same download",
      },
    );
  }
  const labels = sharedLabels(parts.labels, classes.length, labelFile);
  const checked = (index: number): number => {
    if (Number.isInteger(index) && index >= 0 && index < length) return index;
    throw new RangeError(`${name} has pictures 0 to ${length - 1}; there is no picture ${index}`);
  };
  const label = (index: number): number => labels[checked(index)] ?? 0;
  return {
    name,
    classes,
    length,
    height,
    width,
    pixels,
    labels,
    label,
    image: (index) => {
      const start = checked(index) * imageBytes;
      return toRgb(bytes.subarray(start, start + imageBytes), channels);
    },
    caption: (index) => captions?.[checked(index)] ?? classes[label(index)] ?? "",
  };
}

/** The pictures of `dataset` at `indices`, in that order. */
export function selectPictures(dataset: Dataset, indices: ArrayLike<number>, name: string): Dataset {
  const { height, width, channels, bytes } = dataset.pixels;
  const imageBytes = height * width * channels;
  const chosen = Array.from(indices);
  const selected = allocatePixels(chosen.length, height, width, channels);
  chosen.forEach((index, position) => {
    selected.bytes.set(bytes.subarray(index * imageBytes, (index + 1) * imageBytes), position * imageBytes);
  });
  return createDataset({
    name,
    classes: dataset.classes,
    pixels: selected,
    labels: chosen.map((index) => dataset.label(index)),
    captions: chosen.map((index) => dataset.caption(index)),
    labelFile: name,
  });
}

/** The pictures of one or more datasets of one size and one list of classes, one after the other. */
export function concatenate(datasets: readonly Dataset[], name: string): Dataset {
  const [first] = datasets;
  if (first === undefined) throw new RangeError(`${name}: expected at least one dataset`);
  const { classes, pixels } = first;
  const length = datasets.reduce((sum, dataset) => sum + dataset.length, 0);
  const joined = allocatePixels(length, pixels.height, pixels.width, pixels.channels);
  let start = 0;
  for (const dataset of datasets) {
    joined.bytes.set(dataset.pixels.bytes, start);
    start += dataset.pixels.bytes.length;
  }
  return createDataset({
    name,
    classes,
    pixels: joined,
    labels: datasets.flatMap((dataset) => [...dataset.labels]),
    captions: datasets.flatMap((dataset) => Array.from(dataset.labels, (_, index) => dataset.caption(index))),
    labelFile: name,
  });
}

/** A zeroed store for `count` pictures. */
export function allocatePixels(count: number, height: number, width: number, channels: 1 | 3): PixelStore {
  return { height, width, channels, bytes: new Uint8Array(new SharedArrayBuffer(count * height * width * channels)) };
}

function sharedLabels(labels: ArrayLike<number>, classCount: number, file: string): Int32Array<SharedArrayBuffer> {
  const shared = new Int32Array(new SharedArrayBuffer(labels.length * Int32Array.BYTES_PER_ELEMENT));
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index] ?? -1;
    if (!(Number.isInteger(label) && label >= 0 && label < classCount)) {
      throw new DatasetError(
        `${file}: label ${label} of picture ${index} is out of range; expected 0 to ${classCount - 1}, for ${classCount} classes`,
        { hint: "check that the file belongs to this dataset and is undamaged" },
      );
    }
    shared[index] = label;
  }
  return shared;
}

function toRgb(bytes: Uint8Array, channels: 1 | 3): Uint8Array<ArrayBuffer> {
  if (channels === 3) return Uint8Array.from(bytes);
  const rgb = new Uint8Array(bytes.length * 3);
  for (let pixel = 0; pixel < bytes.length; pixel++) rgb.fill(bytes[pixel] ?? 0, pixel * 3, pixel * 3 + 3);
  return rgb;
}
