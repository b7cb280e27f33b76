// A training from its first step to its test. No terminal, no environment.
import { nameTensors } from "@tandem/checkpoint";
import { describe } from "@tandem/models";
import { sgd } from "@tandem/nn";
import { InterruptedError } from "./errors.ts";
import { type FinalTest, testOnce } from "./final-test.ts";
import { Pace } from "./pace.ts";
import { prepare, type Session, type TrainingDependencies } from "./session.ts";
import type { TrainingConfig } from "./training-config.ts";
import { trainEpochs } from "./training-epochs.ts";
import { compilePrograms } from "./training-programs.ts";

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
 * @throws DivergedError at the first step whose loss is not finite; before anything is written, MemoryError if there is too
 *   little, ShapeError if the pictures do not suit the network.
 */
export async function train(config: TrainingConfig, dependencies: TrainingDependencies): Promise<TrainingOutcome> {
  const { data, devices, report } = dependencies;
  const startedAt = performance.now();
  const prepared = prepare(config, data);
  const { model } = prepared;
  report({ kind: "note", text: describe(model) });
  const optimizer = sgd({ momentum: config.momentum, weightDecay: config.weightDecay, ruleOf: model.ruleOf });
  await using programs = await compilePrograms({ model, optimizer, batch: config.batch }, devices);
  report({ kind: "note", text: dependencies.explain ? programs.explain() : programs.summarize() });

  const run = await dependencies.openRun();
  report({ kind: "note", text: `Writing to ${run.path}` });
  await run.writeConfig(config);
  const session: Session = { ...dependencies, ...prepared, config, run, programs, pace: new Pace() };
  const initial = optimizer.initialize(model.initialize(config.seed));
  const trained = await trainEpochs(session, await devices.place(initial, model.deviceOf));
  if (trained.kind === "interrupted") return trained;

  await run.writeModel(nameTensors(model.merge(trained.best.parameters)), {
    architecture: model.architecture.name,
    recipe: config.recipe,
    data: data.name,
    classes: JSON.stringify(data.classes),
    epoch: `${trained.bestEpoch}`,
  });
  try {
    return { kind: "finished", folder: run.path, ...(await testOnce(session, trained.best, startedAt)) };
  } catch (error) {
    if (error instanceof InterruptedError) return { kind: "interrupted", step: trained.step, savedTo: run.path };
    throw error;
  }
}
