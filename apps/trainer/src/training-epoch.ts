// One pass over the training pictures.
import type { EpochSums } from "@tandem/checkpoint";
import { type Batch, loadBatches } from "@tandem/data";
import { learningRateAt } from "@tandem/nn";
import { DivergedError } from "./errors.ts";
import { pipelined } from "./pipelined.ts";
import type { Session } from "./session.ts";
import { Smoothed } from "./smoothed.ts";
import type { Replicated, StepResult } from "./training-programs.ts";
import type { ModelState } from "./training-state.ts";

/** Where a training stands. */
export interface Position {
  /** The present one, from 1. */
  readonly epoch: number;
  /** Steps taken before. */
  readonly step: number;
  /** Over the epoch's steps that were taken before. */
  readonly epochSums: EpochSums;
  readonly stepsPerEpoch: number;
  /** Of the whole training. */
  readonly totalSteps: number;
  /** Percent, after each epoch so far. */
  readonly validationErrors: readonly number[];
  readonly lastCheckpoint: string | undefined;
}

export interface EpochResult {
  readonly state: Replicated<ModelState>;
  /** Steps taken since the beginning of the training. */
  readonly step: number;
  /** Means over the epoch's pictures; the error in percent. */
  readonly loss: number;
  readonly error: number;
  readonly epochSums: EpochSums;
}

/** Steps under way while the result of one is looked at: reading a result never keeps the devices waiting. */
const STEPS_AHEAD = 2;
/** Steps between lines of metrics.jsonl. */
const METRICS_INTERVAL = 10;
/** About how many steps the loss and error that are shown are means of. */
const DISPLAY_MEMORY = 50;

/**
 * Takes the epoch's steps, or fewer if the session is interrupted or the training's last step is among them.
 *
 * @throws DivergedError at the first step whose loss is not finite.
 */
export async function trainEpoch(
  session: Session,
  initial: Replicated<ModelState>,
  position: Position,
): Promise<EpochResult> {
  const { config, programs, pace, report, run } = session;
  let state = initial;
  let submitted = position.step;
  const submit = (batch: Batch): Promise<StepResult> => {
    const settings = { learningRate: rateBefore(session, position, submitted), seed: config.seed, step: submitted };
    const taken = programs.step(state, batch, settings);
    state = taken.state;
    submitted += 1;
    return taken.result;
  };

  let { step } = position;
  let { loss: lossSum, wrong: wrongSum } = position.epochSums;
  const [loss, error] = [new Smoothed(DISPLAY_MEMORY), new Smoothed(DISPLAY_MEMORY)];
  let lastResultAt = performance.now();
  for await (const result of pipelined(epochBatches(session, position), submit, STEPS_AHEAD)) {
    step += 1;
    if (!Number.isFinite(result.loss)) {
      throw new DivergedError(step, `the loss is ${result.loss}`, position.lastCheckpoint);
    }
    lossSum += result.loss;
    wrongSum += result.wrong;
    loss.add(result.loss);
    error.add((100 * result.wrong) / config.batch);
    pace.addTraining(config.batch, (performance.now() - lastResultAt) / 1000);
    lastResultAt = performance.now();
    const shown = { step, epoch: position.epoch, loss: loss.mean, error: error.mean };
    const event = {
      kind: "step",
      ...shown,
      learningRate: rateBefore(session, position, step - 1),
      imagesPerSecond: pace.imagesPerSecond,
      secondsLeft: secondsLeft(session, position, step),
      ...(result.lossScale !== undefined && { lossScale: result.lossScale }),
    } as const;
    report(event);
    if (step % METRICS_INTERVAL === 0) await run.appendMetrics(event);
  }
  const steps = step - (position.epoch - 1) * position.stepsPerEpoch;
  return {
    state,
    step,
    loss: lossSum / steps,
    error: (100 * wrongSum) / (steps * config.batch),
    epochSums: { loss: lossSum, wrong: wrongSum },
  };
}

/** The rate of the step after `step` steps. */
function rateBefore({ config }: Session, position: Position, step: number): number {
  const { stepsPerEpoch, totalSteps, validationErrors } = position;
  return learningRateAt(config.schedule, config.learningRate, {
    epoch: step / stepsPerEpoch,
    epochs: totalSteps / stepsPerEpoch,
    validationErrors,
  });
}

/** Until the training's end, validations included. */
function secondsLeft({ config, pace, data }: Session, position: Position, step: number): number {
  const { totalSteps, stepsPerEpoch, epoch } = position;
  const validationsLeft = Math.ceil(totalSteps / stepsPerEpoch) - epoch + 1;
  return pace.secondsLeft({
    training: (totalSteps - step) * config.batch,
    evaluation: validationsLeft * data.validation.length,
  });
}

/** The epoch's batches from the position on, until the training is over or interrupted. */
async function* epochBatches(
  { config, data, preparation, augmentation, signal }: Session,
  { epoch, step, stepsPerEpoch, totalSteps }: Position,
): AsyncGenerator<Batch, void, void> {
  let submitted = step;
  if (signal.aborted || submitted >= totalSteps) return;
  const batches = loadBatches({
    dataset: data.train,
    batchSize: config.batch,
    preparation,
    pass: { kind: "training", seed: config.seed, epoch, lastBatch: "wrap", augmentation: augmentation(epoch) },
    workers: config.loaders,
    firstBatch: step - (epoch - 1) * stepsPerEpoch,
  });
  for await (const batch of batches) {
    if (signal.aborted) return;
    yield batch;
    submitted += 1;
    if (submitted >= totalSteps) return;
  }
}
