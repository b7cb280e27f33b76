// Errors of a model on a dataset, in one view and in ten.
import type { HostArray } from "@tandem/core";
import { type Batch, type Dataset, loadBatches, type Preparation } from "@tandem/data";
import { throwIfInterrupted } from "./errors.ts";
import { pipelined } from "./pipelined.ts";
import { TopErrorCounter, type TopErrors } from "./top-errors.ts";

/** Softmax outputs [batch, classes] of one batch of prepared pictures. */
type Predict = (batch: Batch) => Promise<HostArray>;

export interface EvaluationOptions {
  readonly dataset: Dataset;
  readonly preparation: Preparation;
  readonly batchSize: number;
  readonly predict: Predict;
  readonly workers: number;
  /** Told how many pictures, each view counted, are done and how many there are. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Aborted: rejects with InterruptedError. */
  readonly signal?: AbortSignal;
}

/** Batches that are under way while the result of one is looked at. */
const BATCHES_AHEAD = 2;

/** Errors with the centre crop alone. */
export async function evaluateOneView(options: EvaluationOptions): Promise<TopErrors> {
  const counter = new TopErrorCounter();
  for await (const { batch, probabilities, classes } of predictions(options, "centre")) {
    counter.add(probabilities, batch.labels, batch.count, classes);
  }
  return counter.errors;
}

export interface ViewErrors {
  readonly oneView: TopErrors;
  /** With the softmax outputs of ten views averaged (paper, section 4.1). */
  readonly tenViews: TopErrors;
}

/** Errors with the centre crop and with all ten views, of which it is the first. */
export async function evaluateTenViews(options: EvaluationOptions): Promise<ViewErrors> {
  const [oneView, tenViews] = [new TopErrorCounter(), new TopErrorCounter()];
  let sums = new Float64Array(0);
  for await (const { batch, probabilities, classes } of predictions(options, "ten")) {
    if (batch.view === 0) {
      oneView.add(probabilities, batch.labels, batch.count, classes);
      sums = new Float64Array(probabilities.length);
    }
    for (let index = 0; index < sums.length; index++) sums[index] = (sums[index] ?? 0) + (probabilities[index] ?? 0);
    if (batch.view === TEN - 1) tenViews.add(sums, batch.labels, batch.count, classes);
  }
  return { oneView: oneView.errors, tenViews: tenViews.errors };
}

const TEN = 10;

interface Prediction {
  readonly batch: Pick<Batch, "count" | "view"> & { readonly labels: Int32Array };
  readonly probabilities: HostArray;
  readonly classes: number;
}

async function* predictions(
  { dataset, preparation, batchSize, predict, workers, onProgress, signal }: EvaluationOptions,
  views: "centre" | "ten",
): AsyncGenerator<Prediction, void, void> {
  const total = dataset.length * (views === "ten" ? TEN : 1);
  let done = 0;
  const batches = loadBatches({ dataset, batchSize, preparation, pass: { kind: "evaluation", views }, workers });
  const classes = dataset.classes.length;
  const submit = async (batch: Batch): Promise<Prediction> => {
    throwIfInterrupted(signal);
    // The loader fills the arrays anew before the result is there.
    const { count, view } = batch;
    const labels = batch.labels.slice();
    return { batch: { labels, count, view }, probabilities: await predict(batch), classes };
  };
  for await (const prediction of pipelined(batches, submit, BATCHES_AHEAD)) {
    done += prediction.batch.count;
    onProgress?.(done, total);
    yield prediction;
  }
}
