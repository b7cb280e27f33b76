// Making one batch: crop, subtract the mean, add colour noise, scale.
import type { View } from "../augmentation.ts";
import { type BatchPlan, noiseAt, viewAt, viewsPerBatch } from "./pass.ts";

/** The memory of one batch of N pictures. */
export interface BatchBuffers {
  /** [N, cropSize, cropSize, 3]. */
  readonly images: Float32Array<SharedArrayBuffer>;
  /** [N]; 0 where padded. */
  readonly labels: Int32Array<SharedArrayBuffer>;
  /** [N]; 1, or 0 where padded. */
  readonly weights: Float32Array<SharedArrayBuffer>;
  /** [N]; the pictures' indices in the dataset, -1 where padded. */
  readonly pictures: Int32Array<SharedArrayBuffer>;
}

export interface Batch extends BatchBuffers {
  /** Which batch of the pass this is. */
  readonly index: number;
  /** Which view of it: 0 is the centre, 1 to 9 the paper's other nine. Always 0 in training. */
  readonly view: number;
  /** How many pictures there are before the padding. */
  readonly count: number;
}

export function allocateBatch({ batchSize, cropSize }: BatchPlan): BatchBuffers {
  return {
    images: new Float32Array(new SharedArrayBuffer(batchSize * cropSize * cropSize * 3 * 4)),
    labels: new Int32Array(new SharedArrayBuffer(batchSize * 4)),
    weights: new Float32Array(new SharedArrayBuffer(batchSize * 4)),
    pictures: new Int32Array(new SharedArrayBuffer(batchSize * 4)),
  };
}

/** The batches of a pass are numbered with the view as the faster index: all views of the first batch come first. */
export function describeBatch(plan: BatchPlan, number: number): Pick<Batch, "index" | "view" | "count"> {
  const views = viewsPerBatch(plan);
  const index = Math.floor(number / views);
  const left = plan.source.kind === "views" ? plan.labels.length - index * plan.batchSize : plan.batchSize;
  return { index, view: number % views, count: Math.min(plan.batchSize, left) };
}

/** Fills `buffers` with batch `number` of the pass. Depends on its arguments alone. */
export function fillBatch(plan: BatchPlan, number: number, buffers: BatchBuffers): void {
  const { index, view, count } = describeBatch(plan, number);
  const { batchSize, labels, order } = plan;
  const imageElements = plan.cropSize ** 2 * 3;
  for (let n = 0; n < count; n++) {
    const position = index * batchSize + n;
    const picture = order === undefined ? position : (order[position % order.length] ?? 0);
    buffers.pictures[n] = picture;
    buffers.labels[n] = labels[picture] ?? 0;
    buffers.weights[n] = 1;
    const target = buffers.images.subarray(n * imageElements, (n + 1) * imageElements);
    fillPicture(plan, picture, viewAt(plan, position, view), noiseAt(plan, position), target);
  }
  buffers.images.fill(0, count * imageElements);
  buffers.labels.fill(0, count);
  buffers.weights.fill(0, count);
  buffers.pictures.fill(-1, count);
}

/** Writes one view of a picture, [cropSize, cropSize, 3], to `target`. */
function fillPicture(
  plan: BatchPlan,
  picture: number,
  { top, left, flipped }: View,
  noise: readonly [number, number, number],
  target: Float32Array,
): void {
  const { cropSize, scale, meanImage } = plan;
  const { height, width, channels, bytes } = plan.pixels;
  const green = channels === 3 ? 1 : 0;
  const blue = channels === 3 ? 2 : 0;
  const step = flipped ? -1 : 1;
  const [noiseR, noiseG, noiseB] = noise;
  let out = 0;
  for (let y = 0; y < cropSize; y++) {
    let pixel = (top + y) * width + left + (flipped ? cropSize - 1 : 0);
    let from = (picture * height * width + pixel) * channels;
    for (let x = 0; x < cropSize; x++) {
      let r = (bytes[from] ?? 0) + noiseR;
      let g = (bytes[from + green] ?? 0) + noiseG;
      let b = (bytes[from + blue] ?? 0) + noiseB;
      if (meanImage !== undefined) {
        r -= meanImage[pixel * 3] ?? 0;
        g -= meanImage[pixel * 3 + 1] ?? 0;
        b -= meanImage[pixel * 3 + 2] ?? 0;
      }
      target[out] = r * scale;
      target[out + 1] = g * scale;
      target[out + 2] = b * scale;
      out += 3;
      pixel += step;
      from += step * channels;
    }
  }
}
