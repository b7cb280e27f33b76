// A training from its first step to its test. No terminal, no environment.
import { nameTensors, type RunDirectory } from "@tandem/checkpoint";
import { DeviceLostError, UsageError } from "@tandem/core";
import { describe } from "@tandem/models";
import { sgd } from "@tandem/nn";
import { InterruptedError, resumable } from "./errors.ts";
import { type FinalTest, testOnce } from "./final-test.ts";
import { Pace } from "./pace.ts";
import {
  findResumePoint,
  isBefore,
  newestCheckpoint,
  type ResumeOptions,
  type ResumePoint,
  resumeRecord,
} from "./resume-point.ts";
import { fingerprintOf, prepare, type Session, type TrainingDependencies } from "./session.ts";
import type { TrainingConfig } from "./training-config.ts";
import { lengthOf, trainEpochs } from "./training-epochs.ts";
import { compilePrograms, type Replicated } from "./training-programs.ts";
import { initialState, type ModelState } from "./training-state.ts";

export type TrainingOutcome =
  | ({
      readonly kind: "finished";
      /** Where everything was written. */
      readonly folder: string;
    } & FinalTest)
  | {
      readonly kind: "interrupted";
      /** Steps taken. */
      readonly step: number;
      /** The checkpoint or, after the last step, the folder that holds the model. */
      readonly savedTo: string;
    };

/**
 * Trains on the training pictures, lets the validation pictures choose the rate and the parameters to keep, and tests those once.
 * Writes config.json, metrics.jsonl, a checkpoint an epoch, model.safetensors and summary.json into the run's folder.
 *
 * @throws DivergedError at the first step whose loss is not finite; DeviceLostError, which says how to go on, if a device is gone;
 *   before anything is written, MemoryError if there is too little, ShapeError if the pictures do not suit the network.
 */
export async function train(config: TrainingConfig, dependencies: TrainingDependencies): Promise<TrainingOutcome> {
  const { data, devices, report } = dependencies;
  const startedAt = performance.now();
  const prepared = prepare(config, data);
  const { model } = prepared;
  report({ kind: "note", text: describe(model) });
  const optimizer = sgd({ momentum: config.momentum, weightDecay: config.weightDecay, ruleOf: model.ruleOf });
  const resumed = dependencies.resume ? await resume(config, dependencies, { model, optimizer }) : undefined;
  const replicas = config.parallel === "data" ? devices.devices.length : 1;
  await using programs = await compilePrograms({ model, optimizer, batch: config.batch, replicas }, devices);
  report({ kind: "note", text: dependencies.explain ? programs.explain() : programs.summarize() });

  const run = resumed?.run ?? (await dependencies.openRun());
  report({ kind: "note", text: `Writing to ${run.path}` });
  await run.writeConfig(config);
  if (resumed !== undefined) {
    await run.rewind(isBefore(resumed.point));
    await run.appendMetrics(resumeRecord(resumed.point));
  }
  const session: Session = { ...dependencies, ...prepared, config, run, programs, pace: new Pace() };
  try {
    const initial = resumed?.point.state ?? initialState({ model, optimizer }, config.seed);
    return await trainAndTest(session, await programs.place(initial), resumed?.point, startedAt);
  } catch (error) {
    if (!(error instanceof DeviceLostError)) throw error;
    throw resumable(error, run.path, await newestCheckpoint(run.path));
  }
}

async function trainAndTest(
  session: Session,
  initial: Replicated<ModelState>,
  resumed: ResumePoint | undefined,
  startedAt: number,
): Promise<TrainingOutcome> {
  const { config, data, model, run } = session;
  const trained = await trainEpochs(session, initial, resumed);
  if (trained.kind === "interrupted") return trained;

  const { best } = trained;
  await run.writeModel(nameTensors(model.merge(best.state.parameters)), {
    architecture: model.architecture.name,
    recipe: config.recipe,
    data: data.name,
    classes: JSON.stringify(data.classes),
    epoch: `${best.epoch}`,
  });
  try {
    return { kind: "finished", folder: run.path, ...(await testOnce(session, best.state, startedAt)) };
  } catch (error) {
    if (error instanceof InterruptedError) return { kind: "interrupted", step: trained.step, savedTo: run.path };
    throw error;
  }
}

interface Resumed {
  readonly run: RunDirectory;
  readonly point: ResumePoint;
}

/** Throws UsageError if there is nothing left to do. */
async function resume(
  config: TrainingConfig,
  { data, devices, openRun, report }: TrainingDependencies,
  network: Pick<ResumeOptions, "model" | "optimizer">,
): Promise<Resumed> {
  const run = await openRun();
  const { stepsPerEpoch, totalSteps } = lengthOf(config, data.train.length);
  const point = await findResumePoint({ ...network, run, seed: config.seed, stepsPerEpoch, report });
  const { step, epoch, checkpoint, fingerprint } = point;
  if (step > totalSteps || (step === totalSteps && run.isFinished())) {
    throw new UsageError(`${run.path} has taken ${step} steps, and ${totalSteps} were asked for`, {
      hint: "raise --epochs, or --steps where the run has a limit, to train for longer",
    });
  }
  report({ kind: "note", text: `Going on after step ${step}, ${epoch} epochs completed, from ${checkpoint}` });
  if (fingerprint !== fingerprintOf(devices)) {
    const text = `The checkpoint was computed on ${fingerprint}: other devices agree with it within rounding`;
    report({ kind: "note", text });
  }
  return { run, point };
}
