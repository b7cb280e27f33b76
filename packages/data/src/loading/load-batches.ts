// The batches of a pass, made ahead of the step that uses them.
import type { Dataset } from "../dataset.ts";
import { allocateBatch, type Batch, describeBatch } from "./batch.ts";
import { type EvaluationPass, type Preparation, planBatches, type TrainingPass, viewsPerBatch } from "./pass.ts";
import { inlineProducer, workerProducer } from "./producer.ts";

export interface LoadOptions {
  readonly dataset: Dataset;
  readonly batchSize: number;
  readonly preparation: Preparation;
  readonly pass: TrainingPass | EvaluationPass;
  /** Threads that make batches; 0: the calling one, when a batch is asked for. 1 by default. The pictures are the same. */
  readonly workers?: number;
  /** How many batches may wait for their turn; 4 by default. */
  readonly readAhead?: number;
  /** The first batch to yield, to go on within an epoch; 0 by default. */
  readonly firstBatch?: number;
}

/**
 * Yields the batches of a pass in order; an evaluation in ten views yields ten times each batch, its views one after the other.
 *
 * A batch's arrays are valid until the next one is asked for: their memory is used again. Ending the iteration early, by
 * `break` or `return()`, ends the threads; an iterator that is merely forgotten does not keep the process alive.
 *
 * @throws RangeError if sizes do not fit the dataset.
 */
export async function* loadBatches(options: LoadOptions): AsyncGenerator<Batch, void, void> {
  const { dataset, batchSize, preparation, pass, workers = 1, readAhead = 4, firstBatch = 0 } = options;
  requireCount("workers", workers, 0);
  requireCount("readAhead", readAhead, 1);
  requireCount("firstBatch", firstBatch, 0);
  const plan = planBatches(dataset, batchSize, preparation, pass);
  const views = viewsPerBatch(plan);
  const first = firstBatch * views;
  const end = plan.batchCount * views;

  // One slot more than wait: the one whose batch is in use.
  const ring = Array.from({ length: Math.max(readAhead, workers) + 1 }, () => allocateBatch(plan));
  await using producer = workers === 0 ? inlineProducer({ plan, ring }) : workerProducer({ plan, ring }, workers);
  const request = (number: number): void => {
    if (number < end) producer.request(number, number % ring.length);
  };
  for (let ahead = 0; ahead < ring.length; ahead++) request(first + ahead);
  for (let number = first; number < end; number++) {
    const slot = number % ring.length;
    await producer.filled(slot);
    const buffers = ring[slot];
    if (buffers !== undefined) yield { ...buffers, ...describeBatch(plan, number) };
    request(number + ring.length);
  }
}

function requireCount(name: string, value: number, minimum: number): void {
  if (!Number.isInteger(value) || value < minimum) {
    throw new RangeError(`expected ${name} to be a whole number of at least ${minimum}, found ${value}`);
  }
}
