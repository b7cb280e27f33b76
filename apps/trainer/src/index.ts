// The parts of the trainer that other apps are built from.

export { type Attended, attend } from "./attend.ts";
export { runCommand } from "./command.ts";
export { InterruptedError } from "./errors.ts";
export type { FinalTest } from "./final-test.ts";
export { type Environment, repositoryRoot, runsFolder, wantsPlan, workingFolder } from "./invocation.ts";
export { nonEmpty, oneOf, positiveNumber, wholeNumber } from "./option-schemas.ts";
export { type CommandDescription, type ParsedCommand, parseOptions } from "./parse-options.ts";
export { configFor, type TrainingChoices } from "./preset.ts";
export type { TrainingDependencies } from "./session.ts";
export type { Summary } from "./summary.ts";
export { type TrainingOutcome, train } from "./train.ts";
export type { TrainingConfig } from "./training-config.ts";
export type { Reporter, TrainingEvent } from "./training-events.ts";
export {
  type ProgramOptions,
  type StepOutputs,
  type TrainingInputs,
  trainingSpecs,
  trainingStep,
} from "./training-programs.ts";
export { initialState } from "./training-state.ts";
