// Epoch after epoch, with validation and a checkpoint after each.
import { nameTensors } from "@tandem/checkpoint";
import { type HostTensor, isHostTensor, leaves, operand, UsageError } from "@tandem/core";
import { batchesPerEpoch } from "@tandem/data";
import { learningRateAt } from "@tandem/nn";
import { DivergedError, InterruptedError } from "./errors.ts";
import { evaluateOneView } from "./evaluate.ts";
import type { BestEpoch, ResumePoint, Standing } from "./resume-point.ts";
import { fingerprintOf, type Session } from "./session.ts";
import type { TopErrors } from "./top-errors.ts";
import type { TrainingConfig } from "./training-config.ts";
import { trainEpoch } from "./training-epoch.ts";
import type { Replicated } from "./training-programs.ts";
import { canonicalState, type ModelState } from "./training-state.ts";

export type TrainedModel =
  | {
      readonly kind: "trained";
      readonly step: number;
      /** The epoch with the lowest validation error, the later one of two equal ones. */
      readonly best: BestEpoch;
    }
  | { readonly kind: "interrupted"; readonly step: number; readonly savedTo: string };

/** How many steps a training takes, and how many of them an epoch has. */
export interface TrainingLength {
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  /** The last one may be cut short. */
  readonly epochs: number;
}

export function lengthOf(config: TrainingConfig, trainingPictures: number): TrainingLength {
  const stepsPerEpoch = batchesPerEpoch(trainingPictures, config.batch, "wrap");
  const totalSteps = Math.min(config.epochs * stepsPerEpoch, config.steps ?? Number.POSITIVE_INFINITY);
  return { stepsPerEpoch, totalSteps, epochs: Math.ceil(totalSteps / stepsPerEpoch) };
}

const BEGINNING: Standing = { step: 0, epoch: 0, validationErrors: [], epochSums: { loss: 0, wrong: 0 } };

/** Takes all steps that `resumed` leaves. Consumes `initial`. */
export async function trainEpochs(
  session: Session,
  initial: Replicated<ModelState>,
  resumed: ResumePoint | undefined,
): Promise<TrainedModel> {
  const { config, data, report, run, signal } = session;
  const { stepsPerEpoch, totalSteps, epochs } = lengthOf(config, data.train.length);
  report({ kind: "start", totalSteps, epochs, batch: config.batch });

  const beginning = resumed ?? BEGINNING;
  const validationErrors = [...beginning.validationErrors];
  let state = initial;
  let { step, epochSums } = beginning;
  let lastCheckpoint = resumed?.checkpoint;
  let best = resumed?.best;
  for (let epoch = beginning.epoch + 1; epoch <= epochs; epoch++) {
    const startedAt = performance.now();
    const position = { epoch, step, epochSums, stepsPerEpoch, totalSteps, validationErrors, lastCheckpoint };
    const trained = await trainEpoch(session, state, position);
    ({ state, step } = trained);
    const validation = signal.aborted ? undefined : await validate(session, state);
    const host = operand(await state.read(), 0);
    requireFinite(host, step, lastCheckpoint);
    const progress = { step, epochSums: trained.epochSums, validationErrors };
    if (validation === undefined) {
      const savedTo = await saveCheckpoint(session, `step-${step}`, host, { ...progress, epoch: epoch - 1 });
      return { kind: "interrupted", step, savedTo };
    }
    const isBest = best === undefined || validation.top1 <= best.error;
    validationErrors.push(validation.top1);
    if (isBest) best = { state: host, epoch, error: validation.top1 };
    lastCheckpoint = await saveCheckpoint(session, `epoch-${epoch}`, host, { ...progress, epoch });
    epochSums = BEGINNING.epochSums;
    const standing = { epoch: step / stepsPerEpoch, epochs: totalSteps / stepsPerEpoch, validationErrors };
    const event = {
      kind: "epoch",
      epoch,
      epochs,
      step,
      loss: trained.loss,
      error: trained.error,
      validation,
      isBest,
      learningRate: learningRateAt(config.schedule, config.learningRate, standing),
      seconds: (performance.now() - startedAt) / 1000,
    } as const;
    report(event);
    await run.appendMetrics(event);
  }
  if (best === undefined) {
    throw new UsageError(`${run.path}: no epoch's parameters are left to test`, {
      hint: "train one more, with --epochs",
    });
  }
  return { kind: "trained", step, best };
}

/** Keeps a state that diverged in its very last step from being saved. */
function requireFinite(state: ModelState, step: number, lastCheckpoint: string | undefined): void {
  const tensors = leaves<HostTensor>(state, isHostTensor);
  const bad = tensors.find(({ leaf }) => leaf.data.some((element) => !Number.isFinite(element)));
  if (bad !== undefined) throw new DivergedError(step, `${bad.name} is not finite`, lastCheckpoint);
}

/** Errors on the validation pictures; undefined if interrupted. */
async function validate(session: Session, state: Replicated<ModelState>): Promise<TopErrors | undefined> {
  const { data, config, preparation, programs, report, pace, signal } = session;
  const startedAt = performance.now();
  try {
    const errors = await evaluateOneView({
      dataset: data.validation,
      preparation,
      batchSize: config.batch,
      predict: (batch) => programs.predict(state, batch),
      workers: config.loaders,
      onProgress: (done, total) => report({ kind: "evaluation", what: "validation", done, total }),
      signal,
    });
    pace.addEvaluation(data.validation.length, (performance.now() - startedAt) / 1000);
    return errors;
  } catch (error) {
    if (error instanceof InterruptedError) return undefined;
    throw error;
  }
}

/** Writes the undivided network's state, whatever devices they are on. */
function saveCheckpoint(
  { config, devices, model, run }: Session,
  label: string,
  state: ModelState,
  { step, epoch, epochSums, validationErrors }: Standing,
): Promise<string> {
  return run.writeCheckpoint(label, {
    tensors: nameTensors(canonicalState(model, state)),
    progress: {
      step,
      epoch,
      seed: config.seed,
      schedule: { validationErrors },
      epochSums,
      fingerprint: fingerprintOf(devices),
    },
  });
}
