// Epoch after epoch, with validation and a checkpoint after each.
import { nameTensors, type TrainingProgress } from "@tandem/checkpoint";
import { type HostTensor, isHostTensor, leaves, type State } from "@tandem/core";
import { batchesPerEpoch } from "@tandem/data";
import { learningRateAt, mapState } from "@tandem/nn";
import { DivergedError, InterruptedError } from "./errors.ts";
import { evaluateOneView } from "./evaluate.ts";
import type { Session } from "./session.ts";
import type { TopErrors } from "./top-errors.ts";
import { trainEpoch } from "./training-epoch.ts";
import type { ModelState } from "./training-programs.ts";

export type TrainedModel =
  | {
      readonly kind: "trained";
      readonly step: number;
      /** The state after the epoch with the lowest validation error, on the host; the later one of two equal ones. */
      readonly best: ModelState;
      readonly bestEpoch: number;
    }
  | { readonly kind: "interrupted"; readonly step: number; readonly savedTo: string };

/** Takes all steps. Consumes `initial`. */
export async function trainEpochs(session: Session, initial: State<ModelState>): Promise<TrainedModel> {
  const { config, data, report, run, signal } = session;
  const stepsPerEpoch = batchesPerEpoch(data.train.length, config.batch, "wrap");
  const totalSteps = Math.min(config.epochs * stepsPerEpoch, config.steps ?? Number.POSITIVE_INFINITY);
  const epochs = Math.ceil(totalSteps / stepsPerEpoch);
  report({ kind: "start", totalSteps, epochs, batch: config.batch });

  const validationErrors: number[] = [];
  let state = initial;
  let step = 0;
  let lastCheckpoint: string | undefined;
  let best: { readonly state: ModelState; readonly epoch: number } | undefined;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const startedAt = performance.now();
    const position = { epoch, step, stepsPerEpoch, totalSteps, validationErrors, lastCheckpoint };
    const trained = await trainEpoch(session, state, position);
    ({ state, step } = trained);
    const validation = signal.aborted ? undefined : await validate(session, state);
    const host = await state.read();
    requireFinite(host, step, lastCheckpoint);
    if (validation === undefined) {
      const savedTo = await saveCheckpoint(session, `step-${step}`, host, { step, epoch: epoch - 1, validationErrors });
      return { kind: "interrupted", step, savedTo };
    }
    const isBest = validation.top1 <= Math.min(...validationErrors, Number.POSITIVE_INFINITY);
    validationErrors.push(validation.top1);
    if (isBest) best = { state: host, epoch };
    lastCheckpoint = await saveCheckpoint(session, `epoch-${epoch}`, host, { step, epoch, validationErrors });
    const progress = { epoch: step / stepsPerEpoch, epochs: totalSteps / stepsPerEpoch, validationErrors };
    const event = {
      kind: "epoch",
      epoch,
      epochs,
      step,
      loss: trained.loss,
      error: trained.error,
      validation,
      isBest,
      learningRate: learningRateAt(config.schedule, config.learningRate, progress),
      seconds: (performance.now() - startedAt) / 1000,
    } as const;
    report(event);
    await run.appendMetrics(event);
  }
  if (best === undefined) throw new RangeError("a training takes at least one step");
  return { kind: "trained", step, best: best.state, bestEpoch: best.epoch };
}

/** Keeps a state that diverged in its very last step from being saved. */
function requireFinite(state: ModelState, step: number, lastCheckpoint: string | undefined): void {
  const tensors = leaves<HostTensor>(state, isHostTensor);
  const bad = tensors.find(({ leaf }) => leaf.data.some((element) => !Number.isFinite(element)));
  if (bad !== undefined) throw new DivergedError(step, `${bad.name} is not finite`, lastCheckpoint);
}

/** Errors on the validation pictures; undefined if interrupted. */
async function validate(session: Session, state: State<ModelState>): Promise<TopErrors | undefined> {
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

/** Writes the undivided network's parameters and velocities, whatever devices they are on. */
function saveCheckpoint(
  { config, devices, model, run }: Session,
  label: string,
  state: ModelState,
  { step, epoch, validationErrors }: Pick<TrainingProgress, "step" | "epoch"> & { validationErrors: readonly number[] },
): Promise<string> {
  return run.writeCheckpoint(label, {
    tensors: nameTensors(mapState(state, model.merge)),
    progress: {
      step,
      epoch,
      seed: config.seed,
      schedule: { validationErrors },
      fingerprint: devices.devices.map(({ name }) => name).join(" "),
    },
  });
}
